"""A health check of a child of thirteen months, on its day, with two doctors of the centre."""

import json
from datetime import UTC, date, datetime

from clinic.accounts.models import Role
from clinic.amounts import Kind
from clinic.checkups.check import recording
from clinic.checkups.due.questions import versions
from clinic.checkups.due.schedule import check_ages
from clinic.checkups.growth.measuring import Measured
from clinic.db import db
from clinic.questionnaires.answers import Answer
from clinic.questionnaires.responding import respond_to_some
from tests.makes import NOON, TOMORROW, make_child
from tests.pages import values
from tests.world import World

ON_THE_DAY = datetime(2026, 3, 3, 1, 10, tzinfo=UTC)  # ten past nine in Shanghai
BORN = date(2025, 2, 1)
LAST_MONTH = date(2026, 2, 1)
SIGNS = {f"sign-{number}": "no" for number in range(1, 5)} | {"regression": "no"}
NUMBERS = {"weight": "9.2", "length": "75.5", "how": "lying", "head": "45.6"}
LOOKS = dict.fromkeys(
    ("physical_exam", "eye_check", "hearing_behavioural", "teeth_and_caries"), "normal"
)
WHOLE = NUMBERS | SIGNS | LOOKS
DAILY = {
    "milk": "breast",
    "solids": "daily",
    "sleep": "12to14",
    "outdoor": "1to2",
    "screen": "none",
}


class Day(World):
    """`parent`, `child`, `visit`, and two clinicians of its centre, `doctor` and `other`."""

    def __init__(self, *, born=BORN, on=TOMORROW, **child):
        super().__init__("checkups", code="health-check", hours={"day": on})
        self.eve = NOON + (on - TOMORROW)
        self.child = make_child(self.parent, birth_date=born, **child)
        self.visit = self.book(child=self.child, by=self.parent, now=self.eve)
        self.doctor, self.other = (
            self.staff(Role.CLINICIAN, name=name) for name in ("陆知微", "陈禾田")
        )

    @property
    def page(self):
        return f"/checkups/visits/{self.visit.id}"

    @property
    def before(self):
        return f"/checkups/appointments/{self.visit.id}/before"

    def answer(self, answers=None, visit="M12"):
        """The parent answers at home."""
        db.session.rollback()  # it looks at what is there by now
        answers = SIGNS | DAILY if answers is None else answers
        check_age = next(each for each in check_ages() if each.id == visit)
        given = {code: Answer(value) if value else None for code, value in answers.items()}
        facts = {"language": "zh", "by": self.parent, "now": self.eve}
        respond_to_some(versions(check_age), self.child, given, **facts)
        db.session.commit()

    def measured(self, on=LAST_MONTH, *, kind=Kind.WEIGHT, amount=8900, how=None):
        """Measured at home, earlier."""
        db.session.rollback()
        one = Measured(on, kind, amount, how)
        recording.measure_at_home(self.child, [one], by=self.parent, now=self.eve)
        db.session.commit()


def hidden(page):
    """The hidden fields of a check's page: which version it shows, and what of it."""
    names = ("version", "base", "clashes")
    kept = {name: values(page, f"[name={name}]", "value")[0] for name in names}
    assert isinstance(json.loads(kept["base"]), dict)
    return kept
