"""Vaccination forecasts a second, beside reading and writing the same cases as JSON."""

import json
from pathlib import Path

from benchmarks.telling import PAIRS, pairs_of, seconds, tell_pairs
from clinic.vaccination.cdsi.cases import answer as by_the_cdc
from clinic.vaccination.commands import answer as by_the_programme

DATA = Path(__file__).parent.parent / "tests" / "vaccination"
SUBJECTS = (  # what answers a case, and the cases
    ("national programme", by_the_programme, "programme/data/examples.json"),
    ("CDC schedule", by_the_cdc, "cdsi/data/cdsi_cases.json"),
)
CASES = 500  # a run


def measure(url, engine, *, full):
    """The forecast knows no database: told once, with the first engine."""
    if engine != "sqlite":
        return
    for name, answer, file in SUBJECTS:
        cases = json.loads((DATA / file).read_text("utf-8"))["cases"]
        cases = (cases * (CASES // len(cases) + 1))[:CASES]
        per_second(answer, cases)
        tell_pairs(
            pairs_of(
                lambda cases=cases: per_second(round_trip, cases),
                lambda answer=answer, cases=cases: per_second(answer, cases),
                PAIRS,
            ),
            what=f"forecasts by the {name} / the case there and back as JSON",
            engine="none",
            goal=None,
        )


def round_trip(case):
    """The least that any command on cases does."""
    return json.loads(json.dumps(case))


def per_second(work, cases):
    """How many of the cases are worked on a second."""
    return len(cases) / seconds(lambda: [work(case) for case in cases])
