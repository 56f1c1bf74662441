"""Spine screening at school age: Adam's forward bend, the scoliometer, and what follows. Pure.

The limits in degrees and the months are in `rules.json` (unverified, an operating choice). A
screening is kept as a check of its own kind, `models.SPINE`, none of the thirteen.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from clinic import plain
from clinic.ages import add_months
from clinic.checkups.growth.measuring import Doubt
from clinic.sentences import mark

FILE = Path(__file__).with_name("rules.json")
BEND = "bend"
SITES = {
    "atr-upper": mark("Thoracic, degrees"),
    "atr-middle": mark("Thoracolumbar, degrees"),
    "atr-lower": mark("Lumbar, degrees"),
}
FIELDS = (BEND, *SITES, "note")
LONGEST_NOTE = 300
SAID = {
    "fine": mark("Nothing unusual was seen."),
    "again": mark("A slight difference between the sides; it will be checked again soon."),
    "refer": mark("An X-ray and a specialist's look are advised: see an orthopaedic department."),
}


@dataclass(frozen=True)
class SpineOutcome:
    """What follows from a screening; `again_on` is None where a specialist takes over."""

    code: str
    again_on: date | None

    @property
    def said(self) -> str:
        """A marked text for the family."""
        return SAID[self.code]


@cache
def data() -> dict[str, Any]:
    """The file."""
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


def read(typed: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Doubt]]:
    """What was found (field: value), and what stands in the way, by field."""
    found, errors = {}, {}
    for name in FIELDS:
        try:
            text = _plain(name, typed.get(name, ""))
        except plain.HiddenSigns as hidden:
            errors[name] = Doubt(hidden.message, {})
            continue
        if refused := _refused(name, text):
            errors[name] = refused
        elif text:
            found[name] = text
    if found.get(BEND) == "abnormal" and not found.get("note") and "note" not in errors:
        errors["note"] = Doubt(mark("Write down the result."), {})
    return found, errors


def _plain(name: str, typed: str) -> str:
    """A note, a choice, or degrees as they are kept: `０7` is 7. HiddenSigns."""
    if name not in SITES:
        return plain.note(typed)
    try:
        return str(plain.whole(typed))
    except plain.NoNumber:
        return plain.line(typed)


def _refused(name: str, text: str) -> Doubt | None:
    if name == "note":
        long = Doubt(mark("Please keep it to %(number)s characters."), {"number": LONGEST_NOTE})
        return long if len(text) > LONGEST_NOTE else None
    if not text:
        return Doubt(mark("Still empty."), {})
    if name == BEND:
        return None if text in ("normal", "abnormal") else Doubt(mark("Choose one of these."), {})
    highest = data()["highest"]
    if re.fullmatch(r"[0-9]{1,2}", text) and int(text) <= highest:
        return None
    return Doubt(mark("Enter whole degrees from 0 to %(highest)s."), {"highest": highest})


def outcome(found: Mapping[str, str], on: date) -> SpineOutcome:
    """What follows from the widest of the three angles (whole degrees) and from the bend, that day."""
    widest = max(int(found[name]) for name in SITES)
    rules = {one["code"]: one for one in data()["follow_up"]}
    code = next(one["code"] for one in data()["follow_up"] if widest >= one["from"])
    if code == "fine" and found[BEND] == "abnormal":
        code = data()["bend_abnormal"]
    months = rules[code]["months"]
    return SpineOutcome(code, add_months(on, months) if months else None)
