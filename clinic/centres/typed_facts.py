"""What is typed about a centre, read or refused in a sentence. Pure."""

import re
from urllib.parse import urlsplit

from clinic import plain
from clinic.centres.districts import all_districts, find_district
from clinic.errors import DomainError
from clinic.sentences import mark

CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_CODE = 30
TAKEN_BY_PAGES = ("new",)
PHONE = re.compile(r"[0-9+() -]{7,30}")
DIGIT = re.compile("[0-9]")
DIGITS_OF_A_PHONE = 7
PAIR = re.compile(r"(-?\d{1,3}(?:\.\d{1,12})?)[,，、;；/ ]+(-?\d{1,3}(?:\.\d{1,12})?)")
FARTHEST = 1.5  # degrees from the middle of a district, about 150 km


class OddCode(DomainError):
    message = mark(
        "Use small letters, digits and single hyphens, as zhaohui or west-lake; a letter first."
    )


class NotAPhone(DomainError):
    message = mark("Enter a telephone number, as 0571-8700 0000.")


class NotAPlace(DomainError):
    message = mark("Enter latitude and longitude as a map gives them, as 30.2741, 120.1551.")


class Swapped(DomainError):
    message = mark("Longitude stands first here, as some maps give it. Enter it as %(other)s.")


class FarAway(DomainError):
    message = mark("This place is far from every district of the city. Please check it on the map.")


class NotSecure(DomainError):
    message = mark("Enter a whole address that begins with https://")


def centre_code(typed: str) -> str:
    """The part of a centre's addresses that names it. Raises OddCode, plain.HiddenSigns."""
    code = plain.signs(typed).lower()
    if not CODE.fullmatch(code) or len(code) > LONGEST_CODE or code in TAKEN_BY_PAGES:
        raise OddCode
    return code


def phone(typed: str) -> str:
    """A telephone number as a centre writes it. Raises NotAPhone, plain.HiddenSigns."""
    text = plain.line(typed.translate(plain.FULL_WIDTH))
    if not PHONE.fullmatch(text) or len(DIGIT.findall(text)) < DIGITS_OF_A_PHONE:
        raise NotAPhone
    return text


def place(typed: str) -> tuple[float, float]:
    """Latitude and longitude, pasted from a map. Raises NotAPlace, Swapped, FarAway, HiddenSigns."""
    found = PAIR.fullmatch(plain.line(typed.translate(plain.FULL_WIDTH)).strip("()（）"))
    if not found:
        raise NotAPlace
    latitude, longitude = float(found[1]), float(found[2])
    if is_near(latitude, longitude):
        return latitude, longitude
    if is_near(longitude, latitude):
        raise Swapped(other=f"{found[2]}, {found[1]}")
    raise FarAway


def is_near(latitude: float, longitude: float) -> bool:
    """Whether that is in the city or not far from it."""
    return any(
        abs(district.latitude - latitude) < FARTHEST
        and abs(district.longitude - longitude) < FARTHEST
        for district in all_districts()
    )


def secure_address(typed: str) -> str:
    """The address of a page elsewhere. Raises NotSecure, plain.HiddenSigns."""
    text = plain.signs(typed)
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise NotSecure from error
    if parts.scheme != "https" or not parts.hostname or parts.username:
        raise NotSecure
    return text


def middle_of(district: str) -> tuple[float, float]:
    """Where a district lies, roughly: for a centre whose place is not known yet."""
    found = find_district(district)
    assert found
    return found.latitude, found.longitude
