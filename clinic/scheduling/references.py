"""Booking references: short, easy to say on the phone, and a slip of the pen is noticed. Pure.

Eight characters of an alphabet without look-alikes (no 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V); the last
one is a check character (Luhn's sum in that alphabet), shown as `K7MR-4QXE`.
"""

from random import SystemRandom

from clinic import plain

ALPHABET = "34679ACDEFGHJKMNPQRTVWXY"
LENGTH = 8
_by_chance = SystemRandom()


def _check_character(body: str) -> str:
    total = 0
    for place, character in enumerate(reversed(body)):
        value = ALPHABET.index(character) * (2 - place % 2)
        total += value // len(ALPHABET) + value % len(ALPHABET)
    return ALPHABET[-total % len(ALPHABET)]


def new_reference() -> str:
    """A fresh reference, without its dash."""
    body = "".join(_by_chance.choices(ALPHABET, k=LENGTH - 1))
    return body + _check_character(body)


def spoken(reference: str) -> str:
    """As it is shown: `K7MR-4QXE`."""
    return f"{reference[:4]}-{reference[4:]}"


def parse_reference(text: str) -> str | None:
    """The reference in what was typed or scanned, in any spelling, or None if it is none."""
    bare = plain.code(plain.sought(text)).upper()
    if len(bare) != LENGTH or any(character not in ALPHABET for character in bare):
        return None
    return bare if _check_character(bare[:-1]) == bare[-1] else None
