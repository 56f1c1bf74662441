"""A visit for a dose of MMR, on its day, with the vaccine in the fridge and a nurse of the centre."""

from datetime import UTC, date, datetime

from clinic.accounts.models import Profession, Role
from clinic.db import db
from clinic.questionnaires.answers import Answer
from clinic.vaccination.jab import before, screening
from clinic.vaccination.jab import queries as jab_queries
from clinic.vaccination.jab.rules import CHECKS
from tests.makes import TOMORROW
from tests.vaccination.stock.stocked import MMR, Centre

ON_THE_DAY = datetime(2026, 3, 3, 1, 10, tzinfo=UTC)  # ten past nine in Shanghai
NO = {f"q-{question.code}": "no" for question in screening.versions().current.questions}
LOT = "A1"
TICKS = {f"check-{check}": "1" for check in CHECKS}
DOSE = {"MMR-give": "1", "MMR-lot": LOT, "MMR-site": "left arm"}
GOOD = TICKS | DOSE


class Day(Centre):
    """`parent`, `visit`, `child`, and `vaccinator`, who works at the centre."""

    def __init__(self, *, doses=5, expires_on=date(2027, 3, 1)):
        super().__init__()
        self.vaccinator = self.staff(Role.CLINICIAN, profession=Profession.VACCINATOR)
        self.lot = self.receive(doses, expires_on=expires_on, number=LOT)
        self.visit = super().visit(MMR, by=self.parent)
        self.child = self.visit.child

    @property
    def page(self):
        return f"/vaccination/visits/{self.visit.id}"

    @property
    def before(self):
        return f"/vaccination/appointments/{self.visit.id}/before"

    def answer(self, *, yes=(), agrees=True, now=ON_THE_DAY):
        """The guardian answers, every question with no but these, and decides about MMR."""
        answers = {
            question.code: Answer("yes" if question.code in yes else "no")
            for question in screening.versions().current.questions
        }
        before.answer(self.visit, answers, ["MMR"], language="zh", by=self.parent, now=now)
        lines = [line for line in jab_queries.lines_of(self.visit, TOMORROW) if line.is_reserved]
        decisions = [(line, agrees) for line in lines]
        before.decide(self.visit, decisions, language="zh", by=self.parent, now=now)
        db.session.commit()
