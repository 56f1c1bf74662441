"""What one visit can give, and from when a child has a booklet: data with its source (`visit.json`)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from clinic.vaccination.programme.national import Period, period


@dataclass(frozen=True)
class AtAVisit:
    """At most so many injections; the age from which every child has a vaccination certificate."""

    injections: int
    booklet_from: Period


@cache
def at_a_visit() -> AtAVisit:
    data = json.loads(Path(__file__).with_name("visit.json").read_text(encoding="utf-8"))
    return AtAVisit(data["injections"], period(data["booklet_from"]))
