"""Random children with histories over the whole programme, many of whose doses count."""

from datetime import date, timedelta

from hypothesis import strategies as st

from clinic.vaccination.programme.child import Condition, Dose, Recipient
from clinic.vaccination.programme.forecast import forecast
from clinic.vaccination.programme.national import national

TODAY = date(2026, 3, 2)
CONDITIONS = [
    (),
    (),
    (),
    (Condition.MOTHER_HBSAG, Condition.UNDER_2000_G),
    (Condition.HIV_EXPOSED,),
    (Condition.PPD_NEGATIVE,),
]


@st.composite
def children(draw):
    """A child up to 18 years old today; some had immunoglobulin."""
    about = draw(st.sampled_from([0, 60, 150, 250, 500, 700, 1200, 1700, 2300, 2700, 4500, 5200]))
    born = TODAY - timedelta(days=about + draw(st.integers(0, 1400 if about > 2000 else 120)))
    globulin = draw(st.lists(st.dates(born, TODAY), max_size=1))
    conditions = frozenset(draw(st.sampled_from(CONDITIONS)))
    return Recipient(born, draw(st.sampled_from("FM")), conditions, tuple(globulin))


@st.composite
def histories(draw, child):
    """Doses up to yesterday: of what was due next, on its day, too soon, late, or as another product."""
    given: list[Dose] = []
    begun = draw(st.sampled_from([0.0, 0.0, 0.0, 0.5, 0.9]))  # some begin late
    day = child.birth_date + begun * (TODAY - child.birth_date)
    for _ in range(draw(st.sampled_from([3, 8, 16, 24, 30]))):
        lines = [
            verdict
            for verdict in forecast(child, given, day)
            if verdict.vaccine and verdict.earliest
        ]
        if not lines:
            break
        line = draw(st.sampled_from(sorted(lines, key=lambda one: one.earliest)[:3]))
        wait = draw(st.sampled_from([0, 0, 0, 0, 0, 3, 20, 200, -1, -15]))
        day = max(child.birth_date, day, line.earliest + timedelta(days=wait))
        if day >= TODAY:
            break
        given.append(Dose(draw(st.sampled_from(substitutes(line.vaccine))), day))
    return tuple(given)


def substitutes(vaccine):
    """It, mostly; or what holds all of its antigens."""
    programme = national()
    others = programme.with_antigen(*programme.vaccines[vaccine].antigens)
    return [vaccine] * 6 + sorted(others - {vaccine})


@st.composite
def records(draw):
    """A child and its history."""
    child = draw(children())
    return child, draw(histories(child))
