"""What holds of the paid vaccines, whatever the child was given."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.vaccination.programme.child import Dose, Recipient
from clinic.vaccination.programme.legal import ChildRecord, objections, paid_on
from clinic.vaccination.programme.national import national
from clinic.vaccination.programme.paid import PAID

BORN, ON = date(2023, 1, 10), date(2026, 3, 2)
CODES = sorted(code for code, one in national().vaccines.items() if code != "IG")
HISTORIES = st.lists(
    st.builds(Dose, st.sampled_from(CODES), st.dates(BORN, ON - timedelta(days=1))), max_size=10
)
CHILDREN = st.builds(Recipient, st.just(BORN), st.sampled_from("FM"))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(CHILDREN, HISTORIES, st.sampled_from(sorted(PAID)), st.integers(0, 400))
def test_a_paid_dose_is_booked_on_the_days_that_the_advice_allows_and_no_other(
    app, child, history, code, ahead
):
    case, day = ChildRecord(child, tuple(history)), ON + timedelta(days=ahead)
    (line,) = [forecast for forecast in paid_on(case, day) if forecast.series == code]
    with app.test_request_context():
        assert (not objections(case, [code], day)) == (line.status == "due")
