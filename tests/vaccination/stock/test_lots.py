"""Lots come, are given, spoil and are recalled, on both engines."""

from datetime import date, timedelta

import pytest

from clinic.db import db
from clinic.reservations.models import ReleaseReason
from clinic.vaccination.doses.shelves import Shelves
from clinic.vaccination.stock import lots, refusals, using
from clinic.vaccination.stock.queries import good_lots
from tests.makes import (
    NOON,
    TOMORROW,
)
from tests.vaccination.stock.stocked import MMR, NEXT_WEEK, Centre, whys

pytestmark = pytest.mark.usefixtures("both")


@pytest.fixture
def centre(both):
    return Centre()


def test_lots_are_counted(centre):
    lot = centre.receive(10)
    assert centre.receive(5) is lot
    centre.receive(7, number="B2")
    assert centre.counts() == (22, 0)
    lots.waste(lot, 4, "碎了", by=centre.nurse, now=NOON)
    assert centre.counts() == (18, 0)
    lots.recall(lot, "通知", by=centre.nurse, now=NOON)
    assert centre.counts() == (7, 0)


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"doses": 0}, lots.AtLeastOne),
        ({"doses": 1, "expires_on": date(2026, 3, 1)}, lots.Expired),
        ({"doses": 1, "expires_on": NEXT_WEEK}, lots.OtherExpiry),
    ],
)
def test_what_comes_is_checked(centre, facts, refusal):
    centre.receive(1)
    with pytest.raises(refusal):
        centre.receive(**facts)
    db.session.rollback()
    assert centre.counts() == (1, 0)


def test_more_than_is_left_cannot_spoil(centre):
    lot = centre.receive(3)
    with pytest.raises(lots.NotSoMany):
        lots.waste(lot, 4, "", by=centre.nurse, now=NOON)


def test_a_dose_is_given(centre):
    first = centre.receive(2, expires_on=NEXT_WEEK, number="soon")
    centre.receive(2, number="late")
    visit = centre.visit(MMR)
    lot = good_lots(centre.id, ["MMR"], TOMORROW)["MMR"][0]
    assert lot is first
    using.use(visit, "MMR", lot, by=centre.nurse, now=visit.starts_at)
    assert (lot.used, lot.left) == (1, 1)
    assert centre.counts() == (3, 0)
    assert whys() == [ReleaseReason.USED]


def bad_lots(centre):
    recalled, over, empty = (centre.receive(1, number=one) for one in ("r", "o", "e"))
    lots.recall(recalled, "", by=centre.nurse, now=NOON)
    lots.waste(empty, 1, "", by=centre.nurse, now=NOON)
    over.expires_on = TOMORROW - timedelta(days=1)
    other = Centre().receive(1)
    return {
        refusals.LotIsRecalled: recalled,
        refusals.LotIsOver: over,
        refusals.LotIsEmpty: empty,
        refusals.NotThisLot: other,
    }


@pytest.mark.parametrize(
    "why",
    [refusals.LotIsRecalled, refusals.LotIsOver, refusals.LotIsEmpty, refusals.NotThisLot],
)
def test_a_lot_that_must_not_be_given(centre, why):
    lot = bad_lots(centre)[why]
    centre.receive(1, number="good")
    visit = centre.visit(MMR)
    with pytest.raises(why):
        using.use(visit, "MMR", lot, by=centre.nurse, now=visit.starts_at)
    with pytest.raises(refusals.NotThisLot):
        using.use(visit, "HepB", lot, by=centre.nurse, now=visit.starts_at)
    assert [
        vaccine_lot.number for vaccine_lot in good_lots(centre.id, ["MMR"], TOMORROW)["MMR"]
    ] == ["good"]


def test_what_is_reserved_for_others_is_not_given_away(centre):
    lot = centre.receive(1)
    centre.visit(MMR)
    walk_in = centre.visit()
    with pytest.raises(refusals.OutOfStock):
        using.use(walk_in, "MMR", lot, by=centre.nurse, now=NOON)


def test_what_lasts_is_not_given_to_who_could_have_the_other(centre):
    centre.receive(1, expires_on=TOMORROW, number="soon")
    late = centre.receive(1, number="late")
    visit = centre.visit(MMR)
    centre.visit(MMR, day=NEXT_WEEK)
    with pytest.raises(refusals.ReservedElsewhere):
        using.use(visit, "MMR", late, by=centre.nurse, now=visit.starts_at)


@pytest.mark.parametrize("how", ["recall", "waste"])
def test_what_was_reserved_last_is_lost_first(centre, how):
    lot = centre.receive(3)
    centre.receive(1, number="other")
    visits = [centre.visit(MMR) for _ in range(4)]
    if how == "recall":
        affected = lots.recall(lot, "通知", by=centre.nurse, now=NOON)
    else:
        affected = lots.waste(lot, 3, "断电", by=centre.nurse, now=NOON)
    assert affected == visits[:0:-1]
    assert centre.counts() == (1, 1)


def test_recall_counts_what_lasts(centre):
    lot = centre.receive(1)
    centre.receive(5, expires_on=TOMORROW, number="soon")
    late, early = centre.visit(MMR, day=NEXT_WEEK), centre.visit(MMR)
    assert lots.recall(lot, "", by=centre.nurse, now=NOON) == [late]
    assert lots.recall(lot, "", by=centre.nurse, now=NOON) == []
    assert centre.counts() == (5, 1)
    assert early.cancelled_at is None


def test_which_centres_have_it(centre):
    short, empty, full = (Centre() for _ in range(3))
    centre.receive(1)
    short.receive(1, expires_on=TOMORROW)
    full.receive(1)
    full.visit(MMR)
    every = [centre.id for centre in (centre, short, empty, full)]
    shelves = Shelves(["MMR", "HepB"], now=NOON)

    def having(vaccine, number, day):
        return {one for one in every if shelves.has(one, vaccine, number, day)}

    assert having("MMR", 1, TOMORROW) == {centre.id, short.id}
    assert having("MMR", 1, NEXT_WEEK) == {centre.id}
    assert having("HepB", 1, TOMORROW) == set()


def test_an_open_form_counts_until_it_is_over(centre):
    centre.receive(1)
    hold = centre.form(MMR)
    assert not Shelves(["MMR"], now=NOON).has(centre.id, "MMR", 1, TOMORROW)
    assert Shelves(["MMR"], now=hold.expires_at).has(centre.id, "MMR", 1, TOMORROW)
    assert Shelves(["MMR"], children=[hold.child_id], now=NOON).has(centre.id, "MMR", 1, TOMORROW)


def test_what_moves_takes_its_dose_along(centre):
    centre.receive(1)
    visit = centre.visit(MMR)
    assert not Shelves(["MMR"], now=NOON).has(centre.id, "MMR", 1, NEXT_WEEK)
    assert Shelves(["MMR"], moving=visit.id, now=NOON).has(centre.id, "MMR", 1, NEXT_WEEK)


def test_many_doses_are_counted_by_their_days(centre):
    """Enough that last need no further look; a lot that ends soon is counted by day."""
    centre.receive(30)
    centre.receive(2, number="B2", expires_on=TOMORROW, vaccine="HepB")
    shelves = Shelves(["MMR", "HepB"], now=NOON)
    cases = [("MMR", 4, NEXT_WEEK), ("HepB", 2, TOMORROW), ("HepB", 3, TOMORROW)]
    cases += [("HepB", 1, NEXT_WEEK)]
    found = [shelves.has(centre.id, *case) for case in cases]
    assert found == [True, True, False, False]
