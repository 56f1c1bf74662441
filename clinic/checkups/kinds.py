"""What is measured, and how. Pure."""

from enum import StrEnum


class Kind(StrEnum):
    """What is measured. Amounts are whole numbers of the unit in `measuring.UNITS`."""

    WEIGHT = "weight"  # grams
    LENGTH = "length"  # millimetres, lying or standing
    HEAD = "head"  # millimetres
    HAEMOGLOBIN = "haemoglobin"  # g/L
    TEMPERATURE = "temperature"  # tenths of a degree Celsius


class How(StrEnum):
    """How a length was measured."""

    LYING = "lying"
    STANDING = "standing"
