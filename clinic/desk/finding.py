"""Whom a receptionist means by what they type or scan. Pure."""

import re
import unicodedata
from collections.abc import Iterable

from clinic.families.pinyin import without_dots
from clinic.scheduling.references import parse_reference

ALMOST_A_REFERENCE = re.compile(r"[0-9A-Za-z]{4}[ _\-\u2013]?[0-9A-Za-z]{4}")
SOMETHING_ELSE = re.compile(r"[!-~]{13,}")  # one long word of signs: a code of somebody else
SHORTEST_NUMBER = 3  # digits of a phone's end that are worth searching


def means(typed: str, *, name: str, pinyin: str, phones: Iterable[str], reference: str) -> bool:
    """Whether `typed` is the child's name or part of it, its pinyin or initials, the end of a
    guardian's phone, or the booking's reference in any spelling."""
    typed = plain(typed)
    bare = without_dots(typed).lower()
    if not bare:
        return True
    if parse_reference(typed) == reference:
        return True
    if bare.isdigit():
        return len(bare) >= SHORTEST_NUMBER and any(phone.endswith(bare) for phone in phones)
    keys = [without_dots(key) for key in pinyin.split()]
    as_typed = bare.replace("ü", "v")  # 吕 is lv on a keyboard
    return bare in without_dots(name).lower() or any(key.startswith(as_typed) for key in keys)


def plain(typed: str) -> str:
    """As if typed without an input method: a scanner is a keyboard, and may give Ｋ７ for K7."""
    return unicodedata.normalize("NFKC", typed).strip()


def reads_like(typed: str) -> str:
    """What was meant, when nobody fits: `reference`, `almost` one, another `code`, or a `name`."""
    text = plain(typed)
    if parse_reference(text):
        return "reference"
    if SOMETHING_ELSE.fullmatch(text):
        return "code"
    is_almost = ALMOST_A_REFERENCE.fullmatch(text) and any(sign.isdigit() for sign in text)
    return "almost" if is_almost and not text.isdigit() else "name"
