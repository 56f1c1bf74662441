"""How the engine does in the CDC's test cases, by vaccine group.

`python -m tests.vaccination.cdsi.conformance` prints the table of docs/cdsi.md.
"""

import json
from collections import Counter
from functools import cache
from pathlib import Path

from clinic.vaccination.cdsi.cases import answer

CASES = json.loads((Path(__file__).parent / "data" / "cdsi_cases.json").read_text("utf-8"))["cases"]
CORE = ("series_status", "earliest", "recommended", "past_due")
HEAD = (
    "| Group | Cases | Status and three dates | Number of the dose | Every dose | … and why not |"
)


def rights(case):
    """Which parts of the answer to that case are as published."""
    found = answer(case)

    def told(*keys):
        return [[row[key] for key in keys] for row in found["evaluation"]]

    def wanted(*keys):
        return [[row[key] for key in keys] for row in case["doses"]]

    return {
        "core": all(found[key] == case[key] for key in CORE),
        "number": found["forecast_dose"] == case["forecast_dose"],
        "evaluation": told("evaluation") == wanted("evaluation"),
        "reason": told("evaluation", "reason") == wanted("evaluation", "reason"),
    }


@cache
def counts():
    """{group: how many cases, and how many right in each part}, and the sum as `all`."""
    found = {}
    for case in CASES:
        for group in (case["vaccine_group"], "all"):
            counter = found.setdefault(group, Counter())
            counter["cases"] += 1
            counter.update(key for key, right in rights(case).items() if right)
    return found


def table():
    """The lines of the table."""
    parts = ("core", "number", "evaluation", "reason")
    groups = sorted(counts(), key=lambda group: (group == "all", group))
    rows = [[group, *(counts()[group][part] for part in ("cases", *parts))] for group in groups]
    return [
        HEAD,
        "|---|--:|--:|--:|--:|--:|",
        *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows),
    ]


if __name__ == "__main__":
    print("\n".join(table()))
