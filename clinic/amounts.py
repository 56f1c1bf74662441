"""What is measured of a child, and what things cost: how an amount is typed and written. Pure.

Amounts are whole numbers of a small unit (g, mm, g/L, 0.1 °C, fen); people type kg, cm, g/L, °C, yuan.
The ranges of `RANGES` are wide enough for every child and stop slips of the hand: an operating
choice.
"""

from decimal import Decimal
from enum import StrEnum

from clinic import plain
from clinic.errors import DomainError
from clinic.sentences import mark


class Kind(StrEnum):
    """What is measured. Amounts are whole numbers of the unit in `UNITS`."""

    WEIGHT = "weight"  # grams
    LENGTH = "length"  # millimetres, lying or standing
    HEAD = "head"  # millimetres
    HAEMOGLOBIN = "haemoglobin"  # g/L
    TEMPERATURE = "temperature"  # tenths of a degree Celsius


class How(StrEnum):
    """How a length was measured."""

    LYING = "lying"
    STANDING = "standing"


UNITS = {  # how people write it, and how many small units that is
    Kind.WEIGHT: ("kg", 1000),
    Kind.LENGTH: ("cm", 10),
    Kind.HEAD: ("cm", 10),
    Kind.HAEMOGLOBIN: ("g/L", 1),
    Kind.TEMPERATURE: ("°C", 10),
}
RANGES = {  # both inclusive, in small units; the database holds the same
    Kind.WEIGHT: (300, 200000),
    Kind.LENGTH: (200, 2200),
    Kind.HEAD: (150, 700),
    Kind.HAEMOGLOBIN: (20, 250),
    Kind.TEMPERATURE: (320, 430),
}
WORDS = {  # units as people write them behind a number
    "kg": ("kg", "公斤", "千克"),
    "斤": ("市斤", "斤"),
    "g": ("g", "克"),
    "cm": ("cm", "厘米"),
    "mm": ("mm", "毫米"),
    "m": ("m", "米"),
    "g/L": ("g/l", "克/升"),
    "g/dL": ("g/dl",),
    "°C": ("°c", "℃", "度"),
}
EXAMPLES = {
    Kind.WEIGHT: "9.2",
    Kind.LENGTH: "72.5",
    Kind.HEAD: "45.0",
    Kind.HAEMOGLOBIN: "118",
    Kind.TEMPERATURE: "36.8",
}


FEN = 100  # in a yuan
MOST_FEN = 99_999 * FEN
YUAN = ("元", "圆", "块", "人民币", "yuan", "rmb", "cny", "¥", "￥")


class NotAPrice(DomainError):
    message = mark("Enter a price in yuan, for example 120 or 35.50; 0 is free of charge.")


class NotANumber(DomainError):
    message = mark("Enter a number, for example %(example)s.")


class OutOfRange(DomainError):
    message = mark("This must lie between %(low)s and %(high)s %(unit)s.")


def amount_of(kind: Kind, text: str) -> int:
    """What was typed (kg, cm, g/L, °C), in small units. NotANumber, OutOfRange."""
    unit, factor = UNITS[kind]
    number, said = parts_of(text)
    if number is None or said not in (None, unit):
        raise NotANumber(example=EXAMPLES[kind])
    low, high = RANGES[kind]
    if not low <= number * factor <= high:
        raise OutOfRange(low=written(kind, low), high=written(kind, high), unit=unit)
    return int((number * factor).to_integral_value())


def parts_of(text: str) -> tuple[Decimal | None, str | None]:
    """The number that was typed, and its unit if one was."""
    try:
        number, unit = plain.signs(text).lower(), None
        found = [(word, name) for name, words in WORDS.items() for word in words]
        for word, name in sorted(found, key=lambda pair: -len(pair[0])):
            if number.endswith(word):
                number, unit = number.removesuffix(word), name
                break
        return plain.number(number), unit
    except DomainError:
        return None, None


def written(kind: Kind, amount: int) -> str:
    """An amount as people write it, without needless zeros: 9200 g is "9.2"."""
    number = Decimal(amount) / UNITS[kind][1]
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def fen_of(text: str) -> int:
    """A price as it was typed, in yuan, as whole fen. Raises NotAPrice."""
    try:
        typed = plain.signs(text).lower()
        for word in YUAN:
            typed = typed.removeprefix(word).removesuffix(word).strip()
        fen = plain.number(typed) * FEN
    except DomainError as refused:
        raise NotAPrice from refused
    if fen != int(fen) or not 0 <= fen <= MOST_FEN:
        raise NotAPrice
    return int(fen)


def yuan(fen: int) -> str:
    """A price as people write it: 12000 fen is "120", 3550 is "35.50"."""
    return f"{fen // FEN}" if fen % FEN == 0 else f"{Decimal(fen) / FEN:.2f}"
