"""Two clinicians save the same check: the second sees what the first saved. Pure.

A check is a mapping of fields to texts. `base` is what the page showed, `mine` what was typed
into it, `theirs` what is on record by now.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Fields = Mapping[str, str]


@dataclass(frozen=True)
class Merged:
    """`fields` to show, mine first; `theirs`: what each conflicting field was saved as meanwhile."""

    fields: dict[str, str]
    theirs: dict[str, str]
    taken: tuple[str, ...]  # fields that only the other one changed


def merge(base: Fields, mine: Fields, theirs: Fields) -> Merged:
    """Every change of both: where only one changed a field, that change; where both did, mine is
    shown and theirs beside it, so that nothing is lost without a look.
    """
    fields: dict[str, str] = {}
    clashes: dict[str, str] = {}
    taken: list[str] = []
    for name in sorted({*base, *mine, *theirs}):
        was, my, other = (each.get(name, "") for each in (base, mine, theirs))
        if my == was and other != was:
            fields[name] = other
            taken.append(name)
        else:
            fields[name] = my
            if other not in (was, my):
                clashes[name] = other
    return Merged(fields, clashes, tuple(taken))
