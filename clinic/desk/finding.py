"""Whom a receptionist means by what they type or scan. Pure."""

import re
from collections.abc import Iterable

from clinic.families.pinyin import sounds_like
from clinic.plain import code, name_key, name_keys, sought
from clinic.scheduling.references import parse_reference

ALMOST_A_REFERENCE = re.compile(r"[0-9A-Za-z]{4}[ _\-\u2013]?[0-9A-Za-z]{4}")
SOMETHING_ELSE = re.compile(r"[!-~]{13,}")  # one long word of signs: a code of somebody else
DIGITS = re.compile(r"\+?[0-9]+")
SHORTEST_NUMBER = 3  # digits of a phone's end that are worth searching


def means(typed: str, *, name: str, pinyin: str, phones: Iterable[str], reference: str) -> bool:
    """Whether `typed` is the child's name or part of it, its pinyin or initials, the end of a
    guardian's phone, or the booking's reference in any spelling."""
    text = sought(typed)
    keys = name_keys(text)
    if not any(keys):
        return True
    if parse_reference(text) == reference:
        return True
    if DIGITS.fullmatch(digits := code(text)):
        return len(digits) >= SHORTEST_NUMBER and any(phone.endswith(digits) for phone in phones)
    as_on_a_keyboard = name_key(text.replace("ü", "v"))  # 吕 is lv there
    return any(key in whole for key in keys for whole in name_keys(name)) or any(
        sounds_like(key, pinyin) for key in {as_on_a_keyboard, keys[-1]}
    )


def reads_like(typed: str) -> str:
    """What was meant, when nobody fits: `reference`, `almost` one, another `code`, or a `name`."""
    text = sought(typed)
    if parse_reference(text):
        return "reference"
    if SOMETHING_ELSE.fullmatch(text):
        return "code"
    is_almost = ALMOST_A_REFERENCE.fullmatch(text) and any(sign.isdecimal() for sign in text)
    return "almost" if is_almost and not DIGITS.fullmatch(text) else "name"
