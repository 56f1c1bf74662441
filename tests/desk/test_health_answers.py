"""A yes answered before a jab is asked about again before the check-in counts, and seen on every page."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value

from clinic.accounts.models import Role
from clinic.audit import AuditEvent
from clinic.db import db
from clinic.questionnaires.asking_again import answered_yes, ask_again
from clinic.questionnaires.models import AskedAgain
from clinic.scheduling.models import Appointment
from clinic.scheduling.status import Status, status_of
from clinic.vaccination.jab import observation
from clinic.vaccination.jab.before import ASKS_AGAIN
from clinic.vaccination.jab.models import PostVaccinationStay
from clinic.visits.desk_changes import desk_changed
from clinic.visits.queries import desk_version
from tests.makes import TOMORROW, make_appointment, make_child, make_user, save
from tests.vaccination.jab.at_the_jab import ON_THE_DAY, Day


@pytest.fixture
def day(both):
    with time_machine.travel(ON_THE_DAY, tick=False):
        yield Day()


@pytest.fixture
def desk(both, day):
    return both.test_client().sign_in(make_user(Role.RECEPTION, centre=day.visit.centre))


def check_in(page, visit, button="签到"):
    """What comes of the row's button: a redirect."""
    return page.form(action=f"/desk/appointments/{visit.id}/arrival").submit(button)


def standing(visit):
    db.session.expire_all()
    return status_of(visit)


def test_an_old_fever_is_shown_with_its_age_on_every_page_of_the_desk(day, desk):
    day.answer(yes=("fever",), now=ON_THE_DAY - timedelta(days=2))
    arrivals = desk.page("/desk/").words
    assert "健康询问有“是”，请再询问 · 已过2天" in arrivals
    for page in ("", "/slip", "/answers"):
        assert "已过2天" in desk.page(f"/desk/appointments/{day.visit.id}{page}").words
    assert "孩子今天发热吗？" in desk.page(f"/desk/appointments/{day.visit.id}").words


def test_a_yes_is_asked_again_before_the_check_in_counts(day, desk):
    day.answer(yes=("fever", "medicines"))
    asking = check_in(desk.page("/desk/"), day.visit).follow()
    assert standing(day.visit) is Status.BOOKED
    bad = asking.form().fill(**{"q-fever": "yes"}).submit("保存并签到")
    assert bad.status == 422
    assert set(bad.errors) == {"q-medicines", "temperature"}
    assert bad.form().fields["q-fever"] == "yes"
    done = bad.form().fill(**{"q-medicines": "no", "temperature": "３８。５", "note": "早上退过烧"})
    arrivals = done.submit("保存并签到").follow()
    assert standing(day.visit) is Status.ARRIVED
    row = db.session.query(AskedAgain).one()
    assert (row.still, row.temperature, row.note) == (["fever"], 385, "早上退过烧")
    assert db.session.query(AuditEvent).filter_by(action="asked_again").one().actor_id == row.by_id
    assert "已再询问：仍有 · 38.5 °C" in arrivals.words
    for page in ("", "/slip"):
        assert "38.5 °C" in desk.page(f"/desk/appointments/{day.visit.id}{page}").words


def test_doctor_and_vaccinator_see_what_the_desk_heard(both, day, desk):
    day.answer(yes=("fever",))
    page = desk.page(f"/desk/appointments/{day.visit.id}/answers").form()
    page.fill(**{"q-fever": "yes", "temperature": "39"}).submit("保存并签到")
    day.practitioner.user = day.vaccinator
    db.session.commit()
    client = both.test_client().sign_in(day.vaccinator)
    for address in (day.page, f"/calendar/appointments/{day.visit.id}"):
        told = client.page(address).one("#health").text()
        assert "39 °C" in told
        assert "孩子今天发热吗？" in told


@pytest.mark.parametrize("typed", ["385", "热", "31.9"])
def test_a_temperature_that_is_none_is_said_and_kept(day, desk, typed):
    day.answer(yes=("fever",))
    page = desk.page(f"/desk/appointments/{day.visit.id}/answers")
    bad = page.form().fill(**{"q-fever": "no", "temperature": typed}).submit("保存并签到")
    assert set(bad.errors) == {"temperature"}
    assert bad.form().fields["temperature"] == typed
    assert standing(day.visit) is Status.BOOKED


def test_a_new_answer_is_asked_again_and_yesterdays_asking_does_not_count(day, desk):
    day.answer(yes=("fever",))
    page = desk.page(f"/desk/appointments/{day.visit.id}/answers").form()
    page.fill(**{"q-fever": "no"}).submit("保存并签到")
    now = ON_THE_DAY + timedelta(minutes=5)
    assert answered_yes(ASKS_AGAIN, [day.visit.id], now)[day.visit.id].still == []
    assert (
        answered_yes(ASKS_AGAIN, [day.visit.id], now + timedelta(days=1))[day.visit.id].asked
        is None
    )
    day.answer(yes=("illness",), now=now)
    assert answered_yes(ASKS_AGAIN, [day.visit.id], now)[day.visit.id].asked is None


def test_who_answered_no_is_checked_in_at_once(day, desk):
    day.answer()
    check_in(desk.page("/desk/"), day.visit)
    assert standing(day.visit) is Status.ARRIVED


def test_a_family_is_asked_child_by_child_and_comes_in_together(day, desk):
    slot = day.sessions[TOMORROW].slots[1]
    sibling = make_appointment(make_child(day.parent), day.service, slot, by=day.parent)
    day.answer(yes=("fever",))
    page = desk.page("/desk/").form(action=f"{day.visit.id}/arrival/family").submit().follow()
    page.form().fill(**{"q-fever": "yes", "temperature": 38}).submit("保存并签到")
    assert {standing(day.visit), standing(sibling)} == {Status.ARRIVED}


def test_the_degrees_are_as_they_were_measured(day):
    day.answer(yes=("fever",))
    health = answered_yes(ASKS_AGAIN, [day.visit.id], ON_THE_DAY)[day.visit.id]
    heard = {"still": [], "tenths": 385, "note": ""}
    ask_again(day.visit, health, **heard, by=day.vaccinator, now=ON_THE_DAY)
    assert answered_yes(ASKS_AGAIN, [day.visit.id], ON_THE_DAY)[day.visit.id].degrees == Decimal(
        "38.5"
    )


def test_the_version_of_the_day_counts_to_which_the_visit_was_moved_meanwhile(both, day):
    remembered = day.visit.starts_at
    shift = {
        "starts_at": remembered + timedelta(days=1),
        "ends_at": day.visit.ends_at + timedelta(days=1),
    }
    one = update(Appointment).where(Appointment.id == day.visit.id)
    db.session.execute(one.values(shift))
    db.session.commit()
    days = (ON_THE_DAY, ON_THE_DAY + timedelta(days=1))
    before = [desk_version(day.visit.centre_id, on) for on in days]
    assert day.visit.starts_at != remembered
    set_committed_value(day.visit, "starts_at", remembered)
    desk_changed(day.visit)
    db.session.commit()
    after = [desk_version(day.visit.centre_id, on) for on in days]
    assert [was == now for was, now in zip(before, after, strict=True)] == [True, False]


def test_answers_and_reactions_change_the_version_of_the_desk(both, day):
    def version():
        db.session.commit()  # on PostgreSQL a transaction counts once
        return desk_version(day.visit.centre_id, ON_THE_DAY)

    seen = [version()]
    day.answer(yes=("fever",))
    seen.append(version())
    answered = answered_yes(ASKS_AGAIN, [day.visit.id], ON_THE_DAY)[day.visit.id]
    heard = {"still": [], "tenths": 365, "note": ""}
    ask_again(day.visit, answered, **heard, by=day.vaccinator, now=ON_THE_DAY)
    seen.append(version())
    ends_at = ON_THE_DAY + timedelta(minutes=30)
    save(
        PostVaccinationStay(
            appointment_id=day.visit.id,
            centre_id=day.visit.centre_id,
            started_at=ON_THE_DAY,
            ends_at=ends_at,
        )
    )
    reaction = {"symptom": "红肿", "onset_at": ON_THE_DAY, "treatment": "冷敷"}
    for outcome in ("", "好转"):
        observation.report(
            day.visit, **reaction, outcome=outcome, by=day.vaccinator, now=ON_THE_DAY
        )
        seen.append(version())
    assert len({*seen}) == len(seen) == 5
