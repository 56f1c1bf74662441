"""A city of 100,000 visits, loaded once for each engine, and who looks at it."""

import shutil
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from clinic.app import create_app
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.models import Appointment
from clinic.visits import arriving
from tests.city.plans import big_tables
from tests.city.repeat import load
from tests.conftest import SETTINGS, Client
from tests.engines import database
from tests.makes import NOON

TODAY = clinic_day(NOON)
SIZE = {"centres": 25, "before": 190, "after": 14}  # with the day itself 5,125 copies of 20 visits


class Reader(Client):
    """A browser that reads no rows of its own."""

    looks_are_noted = False


class City:
    """A family with visits gone by, one of today and one to come, and the staff of its centre."""

    def __init__(self, app, day):
        self.centre_id = day.centre.id
        self.service_ids = {kind: one.id for kind, one in day.services.items()}
        parent, (child, sibling) = day.families[3]
        self.parent_id, self.child_id, self.sibling_id = parent.id, child.id, sibling.id
        who = {"reception": day.reception, "clinician": day.clinician, "manager": day.manager}
        self.clients = {
            role: app.test_client().sign_in(user)
            for role, user in (who | {"parent": parent}).items()
        }
        self.past = db.session.scalar(
            select(Appointment.id).where(Appointment.child_id == child.id)
        )
        self.today = self.book(TODAY)
        arriving.check_in(db.session.get_one(Appointment, self.today), by=day.reception, now=NOON)
        db.session.commit()
        self.coming = self.book(TODAY + timedelta(days=2))
        self.big = big_tables()

    def page(self, role, path):
        """That page, as somebody of that role sees it."""
        facts = {key: value for key, value in vars(self).items() if isinstance(value, int)}
        return self.clients[role].page(path.format(**facts, **self.service_ids))

    def keep(self, day, asked=""):
        """Keep the first free time of that day: the page that asks to confirm it."""
        path = f"/pediatrics/?child={{child_id}}&centre={{centre_id}}&day={day}{asked}"
        form = self.page("parent", path).form(holding="slot")
        slots = [button.attributes for button in form.buttons]
        first = next(each["value"] for each in slots if each.get("name") == "slot")
        return form.submit(first).follow()

    def confirm(self, page):
        """Confirm what is kept: the appointment's id."""
        done = page.form(action=page.address).submit()
        return int(done.location.rpartition("/")[2])

    def book(self, day):
        """Both: the appointment's id."""
        return self.confirm(self.keep(day))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def city(request, tmp_path_factory):
    """That city at noon, its site's context pushed."""
    if request.param == "postgresql":
        url = database(request.getfixturevalue("postgres"), "city", template="template")
    else:
        path = tmp_path_factory.mktemp("large") / "clinic.sqlite3"
        shutil.copy(request.getfixturevalue("migrated"), path)
        url = f"sqlite:///{path}"
    app = create_app(SETTINGS | {"DATABASE_URL": url})
    app.test_client_class = Reader
    with time_machine.travel(NOON, tick=False), app.app_context():
        try:
            yield City(app, load(url, TODAY - timedelta(days=1), **SIZE))
        finally:
            db.session.remove()
            db.engine.dispose()
