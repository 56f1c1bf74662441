"""What holds whatever the child was given: of the programme, and of the paid vaccines."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.vaccination.child import Child, Dose
from clinic.vaccination.forecast import forecast
from clinic.vaccination.legal import Case, objections, paid_on
from clinic.vaccination.optional import PAID
from clinic.vaccination.programme import national

BORN, ON = date(2023, 1, 10), date(2026, 3, 2)
CODES = sorted(code for code, one in national().vaccines.items() if code != "IG")
HISTORIES = st.lists(
    st.builds(Dose, st.sampled_from(CODES), st.dates(BORN, ON - timedelta(days=1))), max_size=10
)
CHILDREN = st.builds(Child, st.just(BORN), st.sampled_from("FM"))


def antigens(vaccine):
    return national().vaccines[vaccine].antigens


@settings(max_examples=150, deadline=None)
@given(CHILDREN, HISTORIES)
def test_a_valid_dose_makes_no_other_series_earlier(child, history):
    """Other: one of whose next vaccine it holds no antigen."""
    before = {one.series: one for one in forecast(child, history, ON)}
    for line in before.values():
        if not (line.vaccine and line.may_be_given):
            continue
        after = {one.series: one for one in forecast(child, [*history, Dose(line.vaccine, ON)], ON)}
        for code, other in before.items():
            if (
                other.earliest
                and after[code].earliest
                and antigens(line.vaccine).isdisjoint(antigens(other.vaccine))
            ):
                assert after[code].earliest >= other.earliest, (line.vaccine, code)


@settings(max_examples=150, deadline=None)
@given(CHILDREN, HISTORIES)
def test_the_next_dose_waits_its_interval_from_the_one_before(child, history):
    programme = national()
    for line in forecast(child, history, ON):
        valid = [one.dose for one in line.doses if one.is_valid]
        if not (line.vaccine and valid and line.series in ("HEPB", "MMR", "DTAP")):
            continue
        assert (line.earliest - valid[-1].given_on).days >= 28 or line.series == "MMR"
        assert line.earliest > valid[-1].given_on, (line, programme.version)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(CHILDREN, HISTORIES, st.sampled_from(sorted(PAID)), st.integers(0, 400))
def test_a_paid_dose_is_booked_on_the_days_that_the_advice_allows_and_no_other(
    app, child, history, code, ahead
):
    case, day = Case(child, tuple(history)), ON + timedelta(days=ahead)
    (line,) = [one for one in paid_on(case, day) if one.series == code]
    with app.test_request_context():
        assert (not objections(case, [code], day)) == (line.status == "due")
