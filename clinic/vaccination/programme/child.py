"""Who is to be vaccinated, as the programme sees it: values only."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

WEEKS = re.compile(r"^preterm\D*(\d{2})(?!\d)")
VERY_EARLY = 31  # weeks of pregnancy
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Condition(StrEnum):
    """What changes a child's schedule."""

    MOTHER_HBSAG = "mother_hbsag"  # positive, or not known
    UNDER_2000_G = "under_2000_g"
    VERY_PRETERM = "very_preterm"  # born at 31 weeks of pregnancy or less
    HIV_EXPOSED = "hiv_exposed"
    IMMUNODEFICIENT = "immunodeficient"
    IMMUNOSUPPRESSED = "immunosuppressed"  # chemotherapy, radiotherapy, anti-B-cell antibodies
    PPD_NEGATIVE = "ppd_negative"


# How files and forms spell them: all the words of a line must be there.
SPELLINGS: tuple[tuple[Condition, tuple[str, ...]], ...] = (
    (Condition.MOTHER_HBSAG, ("hbsag", "pos")),
    (Condition.MOTHER_HBSAG, ("hbsag", "+")),
    (Condition.MOTHER_HBSAG, ("hbsag", "unknown")),
    (Condition.UNDER_2000_G, ("2000",)),
    (Condition.UNDER_2000_G, ("lbw",)),
    (Condition.UNDER_2000_G, ("low_birth_weight",)),
    (Condition.VERY_PRETERM, ("very_preterm",)),
    (Condition.HIV_EXPOSED, ("hiv",)),
    (Condition.IMMUNODEFICIENT, ("immun", "defici")),
    (Condition.IMMUNODEFICIENT, ("immunocomp",)),
    (Condition.IMMUNOSUPPRESSED, ("immunosupp",)),
    (Condition.IMMUNOSUPPRESSED, ("chemo",)),
    (Condition.IMMUNOSUPPRESSED, ("radio",)),
    (Condition.IMMUNOSUPPRESSED, ("anti_b",)),
    (Condition.PPD_NEGATIVE, ("ppd", "neg")),
)


@dataclass(frozen=True)
class Dose:
    """A dose given: the vaccine's code and the day."""

    vaccine: str
    given_on: date


@dataclass(frozen=True)
class Recipient:
    """A child for the engine; `sex` is `F` or `M`."""

    birth_date: date
    sex: str
    conditions: frozenset[Condition] = frozenset()
    immunoglobulin_on: tuple[date, ...] = ()


def child_with(birth_date: date, sex: str, spelled: Iterable[str] = ()) -> Recipient:
    """The child with its conditions as files spell them: `immunoglobulin_2026-10-01`, `hiv_exposed`.

    ValueError for one that nobody knows, as passing it over could do harm.
    """
    conditions, immunoglobulin = set(), []
    for text in spelled:
        word = text.lower().replace("-", "_").replace(" ", "_")
        day = DATE.search(text)
        if day and word.startswith(("immunoglobulin", "ig_", "blood", "hbig")):
            if not word.startswith("hbig"):
                immunoglobulin.append(date.fromisoformat(day[0]))
            continue
        if (weeks := WEEKS.search(word)) and int(weeks[1]) <= VERY_EARLY:
            conditions.add(Condition.VERY_PRETERM)
        found = {one for one, parts in SPELLINGS if all(part in word for part in parts)}
        if not found and not word.startswith(("preterm", "allergy", "eczema", "hbsag_neg")):
            raise ValueError(f"unknown condition {text!r}")
        conditions |= found
    return Recipient(birth_date, sex, frozenset(conditions), tuple(immunoglobulin))
