"""A child from birth to six years, in a real browser: the booklet, four visits, the certificate."""

import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import time_machine
from sqlalchemy import select

from clinic.accounts.models import Profession, Role, User
from clinic.ages import add_months
from clinic.app import create_app
from clinic.clock import at
from clinic.db import db
from clinic.families.models import Child
from clinic.qr import qr_code
from clinic.reservations.verify import broken_reservations
from clinic.scheduling.models import Appointment
from clinic.vaccination.record.certificate import Printed, digest, sign
from clinic.vaccination.record.models import Immunization, Source
from clinic.vaccination.record.plan import forecasts_of
from clinic.vaccination.record.recording import history_of
from clinic.vaccination.stock.models import Stock
from clinic.vaccination.stock.verify import broken_stock
from tests.browser.mornings import signed_in
from tests.browser.test_day_journeys import answered, seat, send
from tests.browser.test_journeys import add_child
from tests.conftest import SETTINGS
from tests.makes import make_stock, make_user
from tests.serving import SECRET, serving
from tests.world import World

BORN = date(2026, 3, 2)
NAME = "林小满"
DAY_BEFORE = timedelta(days=1)
SITES = ("left arm", "right arm", "left thigh")


@dataclass(frozen=True)
class Stop:
    """A visit at that age in months, the vaccines it is for, and the booklet's fields filled before it."""

    months: int
    doses: tuple[str, ...]
    booklet: tuple[str, ...] = ()

    @property
    def day(self):
        return add_months(BORN, self.months)


STOPS = (
    Stop(1, ("HepB",)),
    Stop(
        8,
        ("JE-L", "MMR"),
        ("IPV-1", "IPV-2", "bOPV-3", "DTaP-1", "DTaP-2", "DTaP-3", "HepB-3", "MPSV-A-1"),
    ),
    Stop(18, ("DTaP", "HepA-L", "MMR"), ("MPSV-A-2",)),
    Stop(72, ("DTaP", "MPSV-AC"), ("JE-L-2", "MPSV-AC-3", "bOPV-4")),
)
RICHEST = STOPS[2]


@dataclass(frozen=True)
class Life:
    """The site, and a clock that everybody looks at."""

    app: object
    chromium: object
    address: str
    clock: object
    traveller: object

    def go_to(self, day, hour, minute=0):
        """The whole world at that time of that day."""
        moment = at(day, time(hour, minute))
        self.clock.write_text(moment.isoformat())
        self.traveller.move_to(moment)

    def signed_in(self, user):
        """Their cookie; not a moment later than the site's own clock, which would not trust it."""
        with time_machine.travel(datetime.fromisoformat(self.clock.read_text()), tick=False):
            return signed_in(self.app, user)

    @contextmanager
    def seat(self, user, *, width=1280, is_looked_at=True):
        """Somebody at a browser, who signed in just now. Pages that were looked at once may be passed over."""
        who = self.signed_in(user)
        with seat(self.chromium, self.address, who, width=width) as visitor:
            visitor.scripts = is_looked_at
            yield visitor


@contextmanager
def life(chromium, migrated, folder):
    """A centre that is open on the days of the stops, with every vaccine; its staff and room."""
    path, clock = folder / "clinic.sqlite3", folder / "clock"
    shutil.copy(migrated, path)
    url, starts = f"sqlite:///{path}", at(BORN, time(16))
    app = create_app(SETTINGS | {"DATABASE_URL": url, "SECRET_KEY": SECRET})
    clock.write_text(starts.isoformat())
    with app.app_context(), time_machine.travel(starts, tick=True) as traveller:
        people = [User(id=one.id, epoch=one.epoch) for one in (make_user(), *a_centre())]
        db.session.remove()  # nobody else could write while a transaction is open here
        clocked = {"app": "tests.browser.clocked:app", "STARTS": starts.isoformat()}
        # One process: of two clocks, one would be behind what the other has signed.
        with serving(url, workers=1, **clocked, CLOCK=str(clock)) as address:
            yield Life(app, chromium, address, clock, traveller), *people
        db.session.remove()
        db.engine.dispose()


def a_centre():
    """Nurse and reception of a centre, as users."""
    made = World("vaccination", name_zh="预防接种", name_en="Vaccination")
    make_stock(made.centre, expires_on=date(2033, 12, 31))
    nurse = {"profession": Profession.VACCINATOR, "name": "陈护士"}
    made.practitioner.user = made.staff(Role.CLINICIAN, **nurse)
    for stop in STOPS:
        made.open(stop.day, closes=time(10))
    return made.practitioner.user, made.staff(Role.RECEPTION, name="前台")


def test_from_birth_to_six_years(chromium, migrated, tmp_path):
    with life(chromium, migrated, tmp_path) as (world, parent, nurse, desk):
        child_id = born(world, parent)
        for stop in STOPS:
            visit_id = booked(world, parent, child_id, stop)
            world.go_to(stop.day, 9)
            at_the_centre(world, nurse, desk, visit_id, stop)
        certified(world, parent, desk, child_id)
        all_is_on_record(child_id)


def born(world, parent):
    """A parent adds a child of today, and enters what the maternity ward gave."""
    with world.seat(parent, width=390, is_looked_at=False) as phone:
        add_child(phone, NAME, 0)
        child_id = newest(Child).id
        phone.open(f"/family/children/{child_id}/plan")
        assert phone.page.locator(".step-due").count() >= 2
        fill_the_booklet(phone, child_id, ("BCG-1", "HepB-1"))
    return child_id


def fill_the_booklet(phone, child_id, fields):
    """One tap a dose."""
    phone.open(f"/vaccination/children/{child_id}/booklet")
    click_all(phone, ", ".join(f'[name="{name}-usual"]' for name in fields))
    phone.press(phone.page.locator("#booklet .btn-primary"))
    left = ", ".join(f'[name="{name}-usual"]' for name in fields)
    assert phone.page.locator(left).count() == 0  # on record now


def click_all(visitor, what):
    """Each of these, quickly."""
    assert visitor.page.locator(what).evaluate_all("all => all.map(one => one.click()).length")


def booked(world, parent, child_id, stop):
    """The evening before: the booklet, then from the timeline in one tap to a time for what is due."""
    world.go_to(stop.day - DAY_BEFORE, 20)
    with world.seat(parent, width=390, is_looked_at=stop is RICHEST) as phone:
        page = phone.page
        if stop.booklet:
            fill_the_booklet(phone, child_id, stop.booklet)
        phone.open(f"/family/children/{child_id}/plan")
        wanted = 'a[href*="/vaccination/?"]'
        day = page.locator(".line-of-days > li").first
        phone.press((day if day.locator(wanted).count() else page).locator(wanted).last)
        phone.press(page.locator("button.slot").first)
        phone.press(page.locator("#confirm .btn-primary"))
        phone.press(page.locator('a[href$="/before"]'))
        click_all(
            phone, '#before input[name^="q-"][value=no], #before input[name^="c-"][value=yes]'
        )
        phone.press(page.locator("#before .btn-primary"))
    visit = newest(Appointment)
    assert visit.starts_at == at(stop.day, time(9))
    return visit.id


def newest(model):
    """The latest row; no transaction stays open."""
    row = db.session.scalars(select(model).order_by(model.id.desc())).first()
    db.session.expunge_all()
    db.session.remove()
    return row


def at_the_centre(world, nurse, desk, visit_id, stop):
    """Check-in, the booklet is verified, the doses are given, half an hour is waited for."""
    arrives(world, desk, visit_id, stop)
    with world.seat(nurse, is_looked_at=stop is RICHEST) as room:
        verified(room, visit_id)
        given(room, visit_id, stop)
        room.open("/vaccination/observation")
        stays = room.page.locator(f"#visit-{visit_id}")
        assert re.fullmatch(r"[A-Z]\d{3}", stays.locator(".reference").inner_text())  # the ticket
        assert stays.locator("form").count() == 0  # it is too early to go
        world.go_to(stop.day, 9, 40)
        room.open("/vaccination/observation")
        room.press(room.page.locator(f"#visit-{visit_id} .btn-primary"))
        assert room.page.locator("#staying li.card").count() == 0


def arrives(world, desk, visit_id, stop):
    """At the desk; the form of other stops is posted alike."""
    path = f"/desk/appointments/{visit_id}/arrival"
    if stop is RICHEST:
        with world.seat(desk) as front:
            front.open("/desk/")
            answered(front.page, front.page.locator(f'form[action="{path}"] button').click)
    else:
        who = world.signed_in(desk)
        assert send(world.address, who, path, {"csrf_token": who.token}).status == 200


def verified(room, visit_id):
    """What the family entered, seen in the booklet."""
    page = room.page
    room.open(f"/vaccination/visits/{visit_id}/record")
    if (whole := page.locator('button[value="verify-all"]')).count():
        room.press(whole)
    elif (one := page.locator('button[value^="verify:"]')).count():
        room.press(one)
    assert page.locator('button[value^="verify"]').count() == 0


def given(room, visit_id, stop):
    """What was promised is offered, and ticked by the nurse; each into a limb of its own; the checks."""
    page = room.page
    room.open(f"/vaccination/visits/{visit_id}")
    assert page.locator('input[name$="-give"]:checked').count() == 0
    for code, where in zip(stop.doses, SITES, strict=False):
        page.locator(f"#{code}-give").check()
        page.locator(f"#{code}-lot").select_option(index=1)
        page.locator(f"#{code}-site").select_option(where)
    click_all(room, "#checks input")
    room.press(page.locator("main form > .actions .btn-primary"))
    page.locator('main a[href$="/reaction"]').wait_for()


def certified(world, parent, desk, child_id):
    """Nothing is due; the certificate holds every dose; what its code says opens for staff."""
    with world.seat(parent, width=390) as phone:
        phone.open(f"/family/children/{child_id}/plan")
        assert phone.page.locator('.step a[href*="/vaccination/?"]:not(.step-paid a)').count() == 0
        phone.open(f"/vaccination/children/{child_id}/certificate")
        rows = phone.page.locator("table tbody tr")
        everything = 2 + sum(len(stop.doses) + len(stop.booklet) for stop in STOPS)
        assert rows.count() == everything
        assert phone.page.get_by_text("家长填写").count() == 0
        drawn = phone.page.locator("svg.qr path").last.get_attribute("d")
    address = what_the_code_says(world, child_id)
    assert f'd="{drawn}"' in qr_code(address)
    with world.seat(desk) as front:
        front.open(address)
        assert front.page.locator("main .notice-ok").count() == 1
        assert front.page.locator("ul.list li").count() == everything


def what_the_code_says(world, child_id):
    """The address that staff must find in the code, by the record as it is now."""
    said = Printed(child_id, STOPS[-1].day, digest(history_of(child_id)))
    db.session.remove()
    return f"{world.address}/vaccination/certificates/{sign(said)}"


def all_is_on_record(child_id):
    """The programme asks for nothing more until the next years; the shelves add up."""
    child = db.session.get_one(Child, child_id)
    lines = forecasts_of([child], STOPS[-1].day)[child_id]
    rows = db.session.scalars(select(Immunization)).all()
    here = sorted(row.vaccine for row in rows if row.source is Source.HERE)
    assert here == sorted(code for stop in STOPS for code in stop.doses)
    assert all(row.verified_at for row in rows)
    assert {line.series: line.status for line in lines} == dict.fromkeys(
        (line.series for line in lines), "complete"
    ) | {"HPV": "upcoming"}
    assert broken_stock() == broken_reservations() == []
    used = {code: here.count(code) for code in here}
    for row in db.session.scalars(select(Stock)):
        assert (50 - row.on_hand, row.reserved) == (used.get(row.vaccine, 0), 0)
