"""When something can be done is said in one way: as of today, and never against itself."""

from datetime import date, timedelta

import pytest

from clinic.care import windows
from clinic.care.windows import window
from clinic.services.due import DueItem, Standing
from clinic.vaccination.programme.child import Recipient
from clinic.vaccination.programme.paid import advice

TODAY = date(2026, 11, 24)
DAY = timedelta(days=1)
BEFORE, SOON, LATER = TODAY - 30 * DAY, TODAY + 30 * DAY, TODAY + 60 * DAY


def due(standing, earliest, recommended=None, latest=None):
    return DueItem(
        "vaccination",
        "MMR",
        "",
        "",
        "",
        "",
        "",
        standing,
        earliest=earliest,
        recommended=recommended or earliest,
        latest=latest,
    )


CASES = {
    "due": (due(Standing.DUE, BEFORE), windows.NOW),
    "due until": (due(Standing.DUE, BEFORE, latest=SOON), windows.NOW_BEFORE),
    "overdue": (due(Standing.OVERDUE, BEFORE, latest=BEFORE), windows.LATE_NOW),
    "its last day was before the first on which it may be caught up": (
        due(Standing.COMING, SOON, latest=BEFORE),
        windows.LATE_FROM,
    ),
    "too late on the very day": (due(Standing.COMING, SOON, latest=SOON), windows.LATE_FROM),
    "to come": (due(Standing.COMING, SOON), windows.FROM),
    "to come until": (due(Standing.COMING, SOON, latest=LATER), windows.FROM_BEFORE),
    "possible already, usual later": (
        due(Standing.COMING, TODAY, recommended=SOON),
        windows.USUAL_LATER,
    ),
    "possible later, usual later still": (
        due(Standing.COMING, SOON, recommended=LATER),
        windows.FROM_USUAL,
    ),
    "a doctor decides": (due(Standing.ASK, BEFORE), None),
}


@pytest.mark.parametrize("case", CASES)
def test_one_sentence_for_each_window(case):
    need, expected = CASES[case]
    said = window(need, TODAY)
    assert (said.message if said else None) == expected


def test_a_first_paid_dose_on_its_first_legal_day_is_possible_now():
    """Pneumococcal conjugate: legal from 42 days, usual from two months."""
    child = Recipient(TODAY - 42 * DAY, "F")
    [found] = [found for found in advice(child, [], TODAY) if found.line.series == "PCV13"]
    need = due(Standing.COMING, found.line.earliest, recommended=found.usual)
    assert (found.line.earliest, found.usual) == (TODAY, date(2026, 12, 13))
    assert window(need, TODAY).message == windows.USUAL_LATER
