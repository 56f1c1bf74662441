"""An appointment is moved from the calendar: what would change first, a closed day has a sentence."""

from datetime import date, time, timedelta

import pytest

from clinic.accounts.models import Role
from clinic.audit import AuditEvent
from clinic.clock import at, day_bounds
from clinic.db import db
from clinic.scheduling.appointments import moving
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.kinds import Close
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, TOMORROW, make_appointment, make_centre, make_child, make_user
from tests.pages import values
from tests.scheduling.rota.rota_of import NEXT_MONDAY, Rota
from tests.vaccination.doses.site import NEXT_WEEK, Site, live

pytestmark = pytest.mark.usefixtures("noon")
TUESDAY, WEDNESDAY = NEXT_MONDAY + timedelta(days=1), NEXT_MONDAY + timedelta(days=2)


@pytest.fixture
def made(app, client):
    rota = Rota()
    rota.boss = make_user(Role.MANAGER, centre=rota.centre)
    client.sign_in(rota.boss)
    rota.visit = rota.book(TUESDAY)
    rota.url = f"/manage/appointments/{rota.visit.id}/move"
    return rota


def version_on(page):
    (version,) = values(page.text, "[name=version]", "value")
    return version


def test_what_would_change_is_shown_and_then_done(client, made):
    page = client.get(f"{made.url}?day={WEDNESDAY}").text
    slot = made.slot(WEDNESDAY, number=3)
    assert f'value="{slot.id}"' in page
    asked = f"{made.url}?slot={slot.id}"
    shown = client.get(asked)
    assert "王一禾" in shown.text
    db.session.expire_all()
    assert made.visit.starts_at == at(TUESDAY, time(9))

    answer = client.post(asked, data={"version": version_on(shown)})

    assert answer.status_code == 303
    assert f"day={WEDNESDAY}" in answer.location
    db.session.expire_all()
    assert made.visit.starts_at == at(WEDNESDAY, time(9, 45))
    event = db.session.query(AuditEvent).filter_by(action="move").one()
    assert (event.actor_id, event.subject_id) == (made.boss.id, made.visit.id)
    assert broken_promises() == []


@pytest.mark.parametrize(
    "meanwhile", ["the place is taken", "the family moved", "nothing was shown"]
)
def test_what_is_otherwise_by_now_is_said_and_not_done(client, made, meanwhile):
    slot = made.slot(WEDNESDAY)
    asked = f"{made.url}?slot={slot.id}"
    version = version_on(client.get(asked))
    if meanwhile == "the place is taken":
        made.book(WEDNESDAY)
    elif meanwhile == "the family moved":
        from clinic.scheduling.verdict.request import Request
        from clinic.scheduling.verdict.slot_times import slots_for

        other = slots_for(made.service, made.slot(TUESDAY, number=5).id)
        wanted = Request(made.visit.child, made.service, other)
        moving.move([Move(made.visit, wanted)], by=made.manager, online=False, now=NOON)
        db.session.commit()
    else:
        version = ""
    before = made.visit.starts_at
    answer = client.post(asked, data={"version": version})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    db.session.expire_all()
    assert made.visit.starts_at == before


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "The centre is closed then: Repairs."), ("zh", "中心当天休息：检修。")],
)
def test_a_closed_day_has_a_sentence(client, made, language, sentence):
    slot_id = made.slot(WEDNESDAY).id
    change = Close(made.centre, *day_bounds(WEDNESDAY), "检修", "Repairs")
    version = applying.preview(change, now=NOON).version
    applying.apply(change, version, by=made.manager, now=NOON)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    assert sentence in client.get(f"{made.url}?day={WEDNESDAY}").text
    # Whoever had the slot before their eyes hears the same, and nothing is done.
    shown = client.get(f"{made.url}?slot={slot_id}")
    assert sentence in shown.text
    assert 'name="version"' not in shown.text
    answer = client.post(f"{made.url}?slot={slot_id}", data={"version": str(made.visit.version)})
    assert answer.status_code == 422
    assert sentence in answer.text


def test_what_the_rules_object_to_is_said(client, made):
    child = make_child(birth_date=date(2026, 3, 1))
    made.service.min_age_months = 0
    visit = make_appointment(child, made.service, made.slot(TUESDAY, number=4))
    made.service.min_age_months = 24
    db.session.commit()
    slot = made.slot(WEDNESDAY)
    url = f"/manage/appointments/{visit.id}/move?slot={slot.id}"
    page = client.get(url)
    assert 'class="error"' in page.text
    assert 'name="version"' not in page.text
    assert client.post(url, data={"version": str(visit.version)}).status_code == 422


@pytest.mark.parametrize("slot", ["99999", "0", "x"])
def test_a_slot_that_is_not_there_is_no_mistake_of_ours(client, made, slot):
    assert client.get(f"{made.url}?slot={slot}").status_code in (200, 422)
    assert client.post(f"{made.url}?slot={slot}", data={"version": "1"}).status_code == 422


def test_another_centres_appointment_or_slot_is_not_found(client, made):
    other = Rota()
    slot_id = other.slot(WEDNESDAY).id
    assert client.get(f"{made.url}?slot={slot_id}").status_code == 422
    client.sign_in(make_user(Role.MANAGER, centre=make_centre()))
    assert client.get(made.url).status_code == 404
    assert client.post(made.url, data={"version": "1"}).status_code == 404


def test_the_calendar_leads_to_it(client, made):
    page = client.get(f"/calendar/?centre={made.centre.code}&day={TUESDAY}").text
    assert made.url in page


def test_a_vaccination_moves_with_its_doses_and_not_to_a_day_before_they_are_legal(app, client):
    site = Site(app)
    booked = site.book(site.slots[NEXT_WEEK][0], "MMR")
    visit = db.session.get_one(Appointment, int(booked.location.rsplit("/", 1)[1]))
    early, later = site.slots[TOMORROW][0].id, site.slots[NEXT_WEEK][4].id
    url = f"/manage/appointments/{visit.id}/move"
    client.sign_in(make_user(Role.MANAGER, centre=site.centre))

    shown = client.get(f"{url}?slot={early}")
    assert 'class="error"' in shown.text
    answer = client.post(f"{url}?slot={early}", data={"version": str(visit.version)})
    assert answer.status_code == 422

    asked = f"{url}?slot={later}"
    assert client.post(asked, data={"version": version_on(client.get(asked))}).status_code == 303
    db.session.expire_all()
    assert visit.slot_id == later
    assert live() == [("MMR", "MMR", 1)]


def test_who_has_been_seen_is_offered_no_other_time(client, made):
    attendance.finish(made.visit, by=make_user(), now=made.visit.ends_at, note="")
    page = client.page(f"/manage/appointments/{made.visit.id}/move", status=None)
    assert "这个预约已不能更改。" in page.words
    assert not page.main.css("form")
