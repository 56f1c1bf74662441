"""The scheduler's commands, as a manager or a timer calls them."""

import json
from datetime import date, time

import pytest
import time_machine

from clinic.clock import at
from clinic.db import db
from clinic.scheduling.models import Appointment, ClinicSession, SlotService, WaitlistEntry
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.timetable.rota import add_rule
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.verify import broken_promises
from clinic.scheduling.waitlist.joining import join
from tests.cli.conftest import BY
from tests.makes import (
    NOON,
    TOMORROW,
    make_child,
    make_practitioner,
    make_room,
    make_session,
    make_user,
)

pytestmark = pytest.mark.usefixtures("noon")


def version_in(output):
    return output.split("version ")[1].split()[0]


CLOSE = ("2026-03-03 08:00", "2026-03-03 18:00", "--reason-zh", "检修", "--reason-en", "Repairs")


def test_closing_shows_who_is_concerned_then_does_it(run, centre):
    code, shown = run("close", centre.code, *CLOSE, "--by", BY)
    assert code == 0
    assert "王一禾" in shown
    assert db.session.query(Appointment).one().displaced_at is None

    code, done = run("close", centre.code, *CLOSE, "--by", BY, "--version", version_in(shown))

    assert (code, "1 appointments need a new time" in done) == (0, True)
    assert status_of(db.session.query(Appointment).one()) is Status.DISPLACED
    assert "王一禾" in run("new-times", "--centre", centre.code)[1]
    assert "closure 1" in run("shut")[1]
    assert "1 families are back" in run("lift", "closure", 1, "--by", BY)[1]
    assert broken_promises() == []


def test_a_stale_version_shows_the_new_preview_and_changes_nothing(run, centre):
    code, output = run("close", centre.code, *CLOSE, "--by", BY, "--version", "0" * 16)
    assert code == 1
    assert "version " in output
    assert db.session.query(Appointment).one().displaced_at is None


def test_leave_shortening_and_withdrawing(run, centre):
    session = db.session.query(ClinicSession).one()
    for args in (
        ("leave", session.practitioner_id, "2026-03-03 10:30", "2026-03-03 11:00"),
        ("hours", session.id, "09:00", "10:00", "--capacity", 2),
        ("withdraw", session.id),
    ):
        _, shown = run(*args, "--by", BY)
        assert run(*args, "--by", BY, "--version", version_in(shown))[0] == 0
    assert db.session.query(ClinicSession).one().withdrawn_at == NOON
    assert "slots are open again; 1 families are back" in run("reopen", session.id, "--by", BY)[1]
    assert db.session.query(ClinicSession).one().withdrawn_at is None
    assert broken_promises() == []


def test_a_rule_is_added_extended_and_ended(run, centre):
    practitioner = make_practitioner(centre.services, centre=centre)
    room = make_room(centre)
    hours = ("--opens", "14:00", "--closes", "16:00", "--slot-minutes", 30)
    rule = ("rule", practitioner.id, room.id, centre.services[0].code, "--weekdays", "135", *hours)
    code, output = run(*rule, "--from", "2026-03-02", "--station", "injection:1:5", "--by", BY)
    assert (code, output) == (0, "Rule 1 is added.\n")
    assert run(*rule, "--from", "2026-03-02", "--by", BY)[0] == 1  # overlaps the first

    code, output = run("extend", "2026-03-02", "2026-03-08")
    assert (code, output) == (0, "3 sessions with 12 slots.\n")
    assert run("extend", "2026-12-31", "2027-01-04")[0] == 1

    _, shown = run("end-rule", 1, "2026-03-04", "--by", BY)
    run("end-rule", 1, "2026-03-04", "--by", BY, "--version", version_in(shown))
    live = db.session.query(ClinicSession).filter_by(rota_rule_id=1, withdrawn_at=None)
    assert [session.rota_day for session in live][:2] == [date(2026, 3, 2), date(2026, 3, 4)]


def test_a_saturday_that_works_as_a_wednesday(run, centre):
    args = ("works-as", centre.code, "2026-03-14", "3", "--by", BY)
    _, shown = run(*args)
    assert run(*args, "--version", version_in(shown))[0] == 0


def test_policies_are_set_and_followed_by_what_is_not_open_yet(run, centre):
    make_session(centre.practitioners[0], centre.rooms[0], centre.services, day=date(2026, 3, 20))
    code, output = run(
        "policy", "release_days=7", 'release_time="07:30"', "--centre", centre.code, "--by", BY
    )
    assert (code, output) == (0, "Set. 1 days that are not open yet follow it.\n")
    opens = db.session.query(SlotService.opens_at).order_by(SlotService.starts_at.desc()).first()
    assert opens[0] == at(date(2026, 3, 13), time(7, 30))
    assert run("policy", "release_days=-7", "--by", BY)[0] == 1


@pytest.mark.parametrize(
    "args",
    [
        ("close", "nowhere", *CLOSE, "--by", BY),
        ("leave", 99, "2026-03-03 10:30", "2026-03-03 11:00", "--by", BY),
        ("withdraw", 99, "--by", BY),
        ("withdraw", 1, "--by", "nobody@clinic.example"),
        ("leave", 1, "2026-03-03 11:00", "2026-03-03 10:30", "--by", BY),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_1(run, centre, args):
    code, output = run(*args)
    assert code == 1
    assert output.startswith("Error: ")
    assert output.count("\n") == 1


def test_a_parent_is_no_staff(run, centre):
    make_user(email="parent@clinic.example")
    assert run("withdraw", 1, "--by", "parent@clinic.example")[0] == 1


def test_a_year_without_a_calendar_is_told_and_fails_nothing(app, centre):
    make_rule(centre)
    with time_machine.travel(at(date(2026, 12, 20), time(12)), tick=False):
        answer = app.test_cli_runner().invoke(args=["schedule", "work", "--once"])
    told = "The public holidays of 2027 are not known: nothing is opened.\n"
    assert (answer.exit_code, answer.stderr) == (0, told)
    assert json.loads(answer.stdout)["errors"] == 0


def make_rule(centre):
    practitioner = make_practitioner(centre.services, centre=centre)
    weekly = Weekly(tuple(range(7)), time(14), time(15), 30, TOMORROW)
    return add_rule(
        practitioner, make_room(centre), centre.services, weekly, by=make_user(), now=NOON
    )


def test_one_round_of_work(run, centre):
    service = centre.services[0]
    parent = make_user()
    join(
        parent,
        [make_child(parent)],
        service,
        [centre],
        weekdays=range(7),
        parts=["morning"],
        first_day=TOMORROW,
        last_day=TOMORROW,
        now=NOON,
    )
    code, output = run("work", "--once")
    assert code == 0
    assert json.loads(output) | {"offered": 1} == json.loads(output)
    assert json.loads(run("work", "--once")[1])["offered"] == 0
    assert db.session.query(WaitlistEntry).one().ended_at is None
    assert broken_promises() == []
