"""What a guardian is told before agreeing to a vaccine. Pure; the text is data with a version."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from clinic.vaccination.programme.catalogue import vaccines


@dataclass(frozen=True)
class ConsentSentence:
    """In both languages; whether the official texts say it."""

    text_zh: str
    text_en: str
    is_verified: bool


@cache
def _data() -> dict[str, object]:
    path = Path(__file__).with_name("consent.json")
    data: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return data


def _sentence(row: dict[str, object]) -> ConsentSentence:
    return ConsentSentence(str(row["zh"]), str(row["en"]), bool(row["verified"]))


def version() -> str:
    """Of the text. Consent to another version does not count."""
    return str(_data()["version"])


def general() -> list[ConsentSentence]:
    """What is true of every vaccine."""
    rows: list[dict[str, object]] = _data()["general"]  # type: ignore[assignment]
    return [_sentence(row) for row in rows]


def about(vaccine: str) -> list[ConsentSentence]:
    """What is said of this vaccine of the catalogue."""
    known = vaccines()[vaccine]
    against: dict[str, dict[str, str]] = _data()["against"]  # type: ignore[assignment]
    kinds: dict[str, dict[str, object]] = _data()["kinds"]  # type: ignore[assignment]
    name = against[vaccine]
    first = ConsentSentence(f"预防：{name['zh']}。", f"It protects from {name['en']}.", True)
    those = ["free" if known.is_programme else "paid", *(["live"] if known.is_live else [])]
    return [first, *(_sentence(kinds[one]) for one in those)]
