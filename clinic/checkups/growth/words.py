"""Growth in plain words for families: what the standards' words mean, and percentiles as a hundred children. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from clinic.checkups.growth.lines import BY_LENGTH, Reading
from clinic.sentences import mark

SEVERE = "重度"


@dataclass(frozen=True)
class Word:
    """The standard's word in both languages, and what a family is told; marked texts."""

    zh: str
    en: str
    kindly: str


KNOWN: Mapping[str, Word] = {
    word.zh: word
    for word in (
        Word(
            "生长迟缓",
            "stunting",
            mark(
                "Shorter than most at this age. Many such children are well; please talk about it with the child health doctor."
            ),
        ),
        Word(
            "低体重",
            "underweight",
            mark(
                "Lighter than most at this age. Please talk about eating and health with the child health doctor."
            ),
        ),
        Word(
            "消瘦",
            "wasting",
            mark(
                "Light for this height. Please talk about eating and health with the child health doctor soon."
            ),
        ),
        Word(
            "超重",
            "overweight",
            mark(
                "A little heavy for this height. Eating and moving together as a family helps; the centre is glad to advise."
            ),
        ),
        Word(
            "肥胖",
            "obesity",
            mark(
                "Heavy for this height. It is no one's fault and can be changed step by step; the centre is glad to help."
            ),
        ),
    )
}
OF_AGE = {"F": mark("girls of the same age"), "M": mark("boys of the same age")}
OF_LENGTH = {"F": mark("girls of the same height"), "M": mark("boys of the same height")}


def word(zh: str) -> Word:
    """What a word of the standards means; 重度 (severe) before it is said too."""
    known = KNOWN[zh.removeprefix(SEVERE)]
    if not zh.startswith(SEVERE):
        return known
    return Word(zh, f"severe {known.en}", known.kindly)


def peers(metric: str, sex: str) -> str:
    """Whom the child is compared with; a marked text."""
    return (OF_LENGTH if metric in BY_LENGTH else OF_AGE)[sex]


def in_a_hundred(reading: Reading) -> tuple[str, dict[str, object]]:
    """A marked text and its numbers: how many of a hundred others have less. It wants `peers` too."""
    if reading.above is None:
        return mark("Of 100 %(peers)s, fewer than %(high)s have less."), {"high": reading.below}
    if reading.below is None:
        return mark("Of 100 %(peers)s, %(low)s or more have less."), {"low": reading.above}
    return (
        mark("Of 100 %(peers)s, %(low)s to %(high)s have less."),
        {"low": reading.above, "high": reading.below},
    )
