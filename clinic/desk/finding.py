"""Whom a receptionist means by what they type or scan. Pure."""

from collections.abc import Iterable

from clinic.scheduling.references import parse_reference

SHORTEST_NUMBER = 3  # digits of a phone's end that are worth searching


def means(typed: str, *, name: str, pinyin: str, phones: Iterable[str], reference: str) -> bool:
    """Whether `typed` is the child's name or part of it, its pinyin or initials, the end of a
    guardian's phone, or the booking's reference in any spelling."""
    bare = "".join(typed.split()).lower()
    if not bare:
        return True
    if parse_reference(typed) == reference:
        return True
    if bare.isdigit():
        return len(bare) >= SHORTEST_NUMBER and any(phone.endswith(bare) for phone in phones)
    return bare in name.lower() or any(key.startswith(bare) for key in pinyin.split())
