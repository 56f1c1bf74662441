"""The calendar of a year: read from a file, missed in time, and never guessed."""

import json
from datetime import date, time, timedelta

import pytest
import time_machine

from clinic.accounts.models import Role
from clinic.centres.days import NoCalendar, holiday_on, timetable
from clinic.centres.years import (
    FOLDER,
    NotACalendar,
    YearIsKnown,
    add_year,
    calendars,
    missing_years,
    parsed,
)
from clinic.clock import at
from clinic.db import db
from clinic.scheduling.models import ClinicSession
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.work import work
from tests.makes import NOON, make_centre, make_child, make_user
from tests.world import World

# Invented: the notice for 2031 has not been written.
FILE = {
    "year": 2031,
    "source": "a test",
    "holidays": [
        {"zh": "元旦", "en": "New Year's Day", "first": "2031-01-01", "last": "2031-01-03"}
    ],
    "adjusted_workdays": ["2031-01-04"],
}


def test_a_year_is_read_from_its_file(both):
    by = make_user()
    assert calendars([2031]) == {}

    assert add_year(json.dumps(FILE), by=by, now=NOON) == 2031

    known = calendars([2030, 2031])
    assert list(known) == [2031]
    assert holiday_on(date(2031, 1, 2), known).name_en == "New Year's Day"
    assert timetable(date(2031, 1, 2), {}, known) is None
    assert timetable(date(2031, 1, 4), {}, known) == 4  # a Saturday, worked as the Friday
    assert timetable(date(2031, 1, 6), {}, known) == 0
    with pytest.raises(NoCalendar):
        timetable(date(2030, 12, 31), {}, known)


def test_a_better_file_of_a_year_takes_its_place(both):
    by = make_user()
    add_year(json.dumps(FILE), by=by, now=NOON)

    add_year(json.dumps(FILE | {"adjusted_workdays": []}), by=by, now=NOON)

    assert timetable(date(2031, 1, 4), {}, calendars([2031])) == 5


def test_a_year_of_the_release_is_not_overwritten(app):
    theirs = (FOLDER / "2026.json").read_text("utf-8")
    with pytest.raises(YearIsKnown):
        add_year(theirs, by=make_user(), now=NOON)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"year": "2031"}, "year '2031'"),
        ({"year": 1031}, "year 1031"),
        ({"source": ""}, "'source' is missing"),
        ({"holidays": []}, "no holidays"),
        ({"holidays": [{"zh": "元旦"}]}, "'en' is missing"),
        ({"holidays": {"2031-01-01": "New Year"}}, "string indices"),
        ({"adjusted_workdays": ["2031-02-30"]}, "day is out of range"),
        ({"adjusted_workdays": ["2030-01-04"]}, "2030-01-04 is not in 2031"),
        ({"adjusted_workdays": ["2031-01-02"]}, "2031-01-02 is a holiday and worked"),
        (
            {"holidays": [FILE["holidays"][0] | {"last": "2030-12-31"}]},
            "New Year's Day: 2031-01-01 to 2030-12-31",
        ),
    ],
)
def test_a_file_that_is_wrong_says_where(app, change, fault):
    wrong = FILE | change
    if wrong["year"] == 2031 and wrong["holidays"] == FILE["holidays"]:
        wrong["holidays"] = [dict(row) for row in FILE["holidays"]]
    with pytest.raises(NotACalendar) as refused:
        parsed(json.dumps(wrong))
    assert fault in refused.value.params["fault"]


def test_what_is_no_json_is_refused(app):
    for text in ("", "[]", "null", "2031", "{"):
        with pytest.raises(NotACalendar):
            parsed(text)


@pytest.mark.parametrize(
    ("today", "missing"),
    [
        (date(2026, 3, 2), ()),
        (date(2026, 9, 30), ()),
        (date(2026, 10, 1), (2027,)),
        (date(2026, 12, 31), (2027,)),
        (date(2027, 1, 1), (2027,)),
        (date(2027, 10, 1), (2027, 2028)),
    ],
)
def test_next_years_calendar_is_missed_from_october_on(app, today, missing):
    assert missing_years(today) == missing


@pytest.fixture
def centre(app):
    """A centre whose rota opens every Monday to Friday; its manager."""
    world = World()
    world.add_rule(Weekly((0, 1, 2, 3, 4), *HOURS, 30, date(2026, 12, 1)))
    return world.centre, world.service, world.manager


HOURS = (time(8), time(9))
DECEMBER = date(2026, 12, 22)
PAGES = ("/manage/", "/manage/rota", "/manage/closures")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("day", "warned"), [(date(2026, 9, 30), False), (DECEMBER, True)])
def test_the_manager_is_warned_and_led_to_the_page_that_helps(client, centre, page, day, warned):
    with time_machine.travel(at(day, HOURS[0]), tick=False):
        text = client.sign_in(centre[2]).get(page).text
    assert ("/setup/holidays" in text) is warned


def test_families_read_that_the_new_year_is_not_open_until_its_file_is_read(
    app, client, centre, tmp_path
):
    home, service, _ = centre
    parent = make_user()
    child = make_child(parent)
    workday, holiday = date(2027, 1, 4), date(2027, 1, 1)
    address = f"/pediatrics/?child={child.id}&service={service.code}&centre={home.code}"
    with time_machine.travel(at(DECEMBER, HOURS[0]), tick=False):
        client.sign_in(parent)
        work(now=at(DECEMBER, HOURS[0]))
        for day in (workday, holiday):
            text = client.get(f"{address}&day={day}").text
            assert "这一天尚未开放预约。" in text
            assert "这一天没有门诊" not in text
        read_in_2027(app, tmp_path)
        work(now=at(DECEMBER, HOURS[0]))
        assert "法定节假日" in client.get(f"{address}&day={holiday}").text
        assert "尚未开放" not in client.get(f"{address}&day={workday}").text
    opened = db.session.query(ClinicSession).filter(
        ClinicSession.rota_day.between(holiday, workday + timedelta(days=1))
    )
    assert {session.rota_day for session in opened} == {workday, workday + timedelta(days=1)}


def read_in_2027(app, tmp_path):
    """By the command, as the manager's page says."""
    make_user(Role.MANAGER, centre=make_centre(), email="boss@example.cn")
    holidays = [{"zh": "元旦", "en": "New Year", "first": "2027-01-01", "last": "2027-01-03"}]
    file = tmp_path / "2027.json"
    file.write_text(
        json.dumps(FILE | {"year": 2027, "holidays": holidays, "adjusted_workdays": []})
    )
    run = app.test_cli_runner().invoke
    done = run(args=["schedule", "calendar", str(file), "--by", "boss@example.cn"])
    assert done.exit_code == 0, done.output
    refused = run(args=["schedule", "calendar", "-", "--by", "boss@example.cn"], input="{}")
    assert refused.exit_code == 1
    assert "not a year's calendar" in refused.output
