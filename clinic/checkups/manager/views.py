"""The city's children in shares, for managers: checked on time, and too heavy. Never a child, never a few."""

from collections.abc import Hashable, Mapping

from flask import Blueprint, Response

from clinic import clock
from clinic.accounts.access import allow, names_nobody
from clinic.accounts.rights import Deed
from clinic.checkups.due.schedule import check_ages
from clinic.checkups.manager.queries import (
    BANDS,
    NOWHERE,
    all_centres,
    all_known,
    heavy,
    on_time,
)
from clinic.checkups.manager.rules import (
    ALL,
    FEWEST,
    Key,
    Share,
    hidden,
    with_sums,
)
from clinic.clock import clinic_day
from clinic.web import render

bp = Blueprint("shares", __name__, url_prefix="/manage/health")
Table = Mapping[Hashable, Mapping[Hashable, Share | None]]  # None: hidden


@bp.get("")
@allow(Deed.SEE_NUMBERS)
@names_nobody("shares of many children")
def health() -> Response:
    today = clinic_day(clock.now())
    known = all_known(today)
    checks, weights = on_time(known, today), heavy(known, today)
    return render(
        "checkups/health.html",
        centres=all_centres(),
        nowhere=NOWHERE,
        check_ages=check_ages(),
        bands=BANDS,
        checks=_shown(checks),
        weights={name: _shown(cells) for name, cells in weights.items()},
        sums=ALL,
        fewest=FEWEST,
    )


def _shown(cells: Mapping[Key, Share]) -> Table:
    """A table with its sums, by row and column, without what is hidden."""
    table = with_sums(cells)
    away = hidden(table)
    found: dict[Hashable, dict[Hashable, Share | None]] = {}
    for (row, column), one in table.items():
        found.setdefault(row, {})[column] = None if (row, column) in away else one
    return found
