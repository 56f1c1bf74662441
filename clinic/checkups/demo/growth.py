"""How the made-up children have grown, and the health checks they had: along an SD score of the standard."""

from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy import select

from clinic.accounts.models import User
from clinic.amounts import How, Kind
from clinic.centres.models import Centre
from clinic.checkups.check import recording
from clinic.checkups.check.recording import Target
from clinic.checkups.demo import neighbourhood
from clinic.checkups.due.items import ACUITY, advice, findings
from clinic.checkups.due.next_check import next_check_age, window
from clinic.checkups.due.plan import checks_done, made_of
from clinic.checkups.due.questions import signs
from clinic.checkups.due.schedule import CheckAge, check_ages
from clinic.checkups.growth.between import STANDING_FROM_MONTHS
from clinic.checkups.growth.lines import value_of
from clinic.checkups.growth.measuring import METRICS, Measured, months_at
from clinic.checkups.growth.queries import patient_of
from clinic.checkups.models import CheckFinding, CheckVisit
from clinic.clock import at, clinic_day
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling.models import Appointment
from clinic.services.demo import City

OPEN_NOW = timedelta(days=40)  # a check whose days began so lately is still to come
KEPT = 0.85
LATE = 36  # days after the first day, at most; the window of a young child's check is a month
HEAVY = 0.7  # SD of weight that the heavy child gains
SIGN_SEEN = 0.04
SMALL, LARGE = -2.6, 2.6
HOME_DAYS = (40, 12)  # ago
# What one finding has in common with another of the same check.
SAME = ("child_id", "check_visit_id", "visit", "source", "entered_at", "entered_by_id")


class Path:
    """A child's SD scores by age: its own level, a slow drift, and the error of measuring."""

    def __init__(self, dice: Random, *, heavy: bool = False) -> None:
        self.dice = dice
        tall = dice.gauss(0, 0.7)
        self.level = {kind: 0.7 * tall + dice.gauss(0, 0.4) for kind in METRICS}
        self.level[Kind.LENGTH] = tall
        self.gains = dice.gauss(0, 0.2)
        if heavy:
            self.level[Kind.WEIGHT], self.gains = tall, HEAVY

    def measured(self, child: Child, on: date) -> list[Measured]:
        """What would be measured on that day, where the standard has rows."""
        patient = patient_of(child)
        real, months = months_at(patient, on)
        found = []
        for kind, metric in METRICS.items():
            z = self.level[kind] + self.dice.gauss(0, 0.08)
            if kind is Kind.WEIGHT:
                z += self.gains * min(1.0, max(0.0, months) / 30)
            value = value_of(metric, patient.sex, max(0.0, months), min(max(z, SMALL), LARGE))
            if value is not None and (kind is not Kind.HEAD or real <= 36):
                how = How.LYING if real < STANDING_FROM_MONTHS else How.STANDING
                amount = round(value * 100) * 10 if kind is Kind.WEIGHT else round(value * 10)
                found.append(Measured(on, kind, amount, how if kind is Kind.LENGTH else None))
        return found


def fill(city: City) -> None:
    """Checks of every child at the centre near its home; the first family also measures at home."""
    centres = {centre.code: centre for centre in city.centres()}
    for family in city.families:
        for child in family.children:
            heavy = family.is_shown and child is family.children[-1]
            path = Path(Random(child.id), heavy=heavy)  # noqa: S311 - a plausible city, not a secret
            _checks(child, centres[family.home], path, city.today, city.founder)
            if family.is_shown:
                _at_home(child, path, family.guardian, city.today)
            if heavy:
                _sign_at_last(child)
    neighbourhood.fill(city.today, staff=city.founder)


def _checks(child: Child, centre: Centre, path: Path, today: date, staff: User) -> None:
    """Most checks on time, some late, a few never."""
    for check_age, first in _due_until(child, today - OPEN_NOW):
        if path.dice.random() < KEPT:
            on = first + timedelta(days=path.dice.randrange(LATE))
            _check(child, centre.id, check_age, on, path, staff)


def record_check(appointment: Appointment, *, by: User) -> None:
    """What was measured and found at this health check, if one was due."""
    child, on = appointment.child, clinic_day(appointment.starts_at)
    made = [check for check in made_of([child.id])[child.id] if check.on < on]
    if check_age := next_check_age(child.birth_date, on, checks_done(child, made)):
        path = Path(Random(child.id))  # noqa: S311 - a plausible city, not a secret
        _check(child, appointment.centre_id, check_age, on, path, by, appointment)


def _due_until(child: Child, last: date) -> list[tuple[CheckAge, date]]:
    """The checks whose first day is known and came by then, with that day."""
    found = []
    for check_age in check_ages():
        first, _ = window(check_age, child.birth_date, None)
        if first and first <= last:
            found.append((check_age, first))
    return found


def _check(
    child: Child,
    centre_id: int,
    check_age: CheckAge,
    on: date,
    path: Path,
    staff: User,
    appointment: Appointment | None = None,
) -> CheckVisit:
    """One finished check with what was measured and found."""
    now = at(on, time(10, 30))
    target = Target(child.id, centre_id, check_age.id, on, appointment.id if appointment else None)
    found = _found(check_age, path.dice)
    check = recording.save_check(target, 0, path.measured(child, on), found, by=staff, now=now)
    check.finished_at, check.finished_by_id = now, staff.id
    db.session.flush()
    return check


def _found(check_age: CheckAge, dice: Random) -> dict[str, str]:
    """Nothing unusual, but a warning sign now and then."""
    found = {finding.code: "normal" for finding in findings() if finding.code in check_age.items}
    screen = signs(check_age)
    found |= {check_question.code: "no" for check_question in screen}
    if screen and dice.random() < SIGN_SEEN:
        found |= {screen[0].code: "yes", "referral": "agreed"}
    if "visual_acuity" in check_age.items:
        found |= dict.fromkeys(ACUITY, "0.8")
    return found | {topic.code: "yes" for topic in advice(check_age)}


def _sign_at_last(child: Child) -> None:
    """At its last check a warning sign was seen, so that there is something to offer."""
    found = select(CheckFinding).where(
        CheckFinding.child_id == child.id, CheckFinding.code == "sign-1", CheckFinding.value == "no"
    )
    last = db.session.scalars(found.order_by(CheckFinding.id.desc()).limit(1)).first()
    if last:
        agreed = {name: getattr(last, name) for name in SAME}
        db.session.add(CheckFinding(code="referral", value="agreed", **agreed))
        last.value = "yes"
        db.session.flush()


def _at_home(child: Child, path: Path, guardian: User, today: date) -> None:
    for days in HOME_DAYS:
        on = today - timedelta(days=days)
        if on > child.birth_date:
            measured = [
                measured for measured in path.measured(child, on) if measured.kind is Kind.WEIGHT
            ]
            recording.measure_at_home(child, measured, by=guardian, now=_evening(on))
    recording.set_parent_heights(child, 1620, 1760, by=guardian, now=_evening(today))


def _evening(on: date) -> datetime:
    return at(on, time(19))
