"""What can be true of a child. Pure; each check raises the one sentence to say."""

import re
from datetime import date

from clinic import plain
from clinic.ages import add_months
from clinic.errors import DomainError
from clinic.sentences import mark

ADULT_MONTHS = 18 * 12
MOST_KILOGRAMS = 10  # a smaller number cannot be grams
WEEKS = re.compile(r"([0-9]{2})(周|w|weeks)?(\+[0-6](天|d|days)?)?")
CERTIFICATE = re.compile(r"[A-Za-z0-9-]{6,30}")
# GB 11643-1999: weights of the 17 digits, and the check character for each remainder of 11.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"


class BornInTheFuture(DomainError):
    message = mark("The date of birth is in the future.")


class GrownUp(DomainError):
    message = mark("This site is for children under 18. Please check the date of birth.")


class WeightInKilograms(DomainError):
    message = mark("Enter the weight in grams: 3.2 kg is 3200.")


class OddWeight(DomainError):
    message = mark("Birth weight must be between 300 and 7000 grams.")


class OddGestation(DomainError):
    message = mark("Weeks of pregnancy must be between 20 and 45.")


class OddCertificate(DomainError):
    message = mark("The number has 6 to 30 letters and digits.")


class OddIdentity(DomainError):
    message = mark("An identity number has 18 characters.")


class WrongCheckDigit(DomainError):
    message = mark(
        "This identity number cannot be right: its last character does not fit. Please check it."
    )


class IdentityOfAnotherDay(DomainError):
    message = mark("The identity number names another date of birth.")


def grams_of(typed: str) -> int:
    """A weight at birth in grams: `3200`, `3,200`, `3200克`. WeightInKilograms, OddWeight, NoNumber."""
    text = plain.sought(typed).lower()
    if re.search("kg|公斤|千克|斤", text):
        raise WeightInKilograms
    text = text.removesuffix("g").removesuffix("克")
    try:
        return plain.whole(text)
    except plain.NoNumber:
        raise (WeightInKilograms if plain.number(text) <= MOST_KILOGRAMS else OddWeight) from None


def weeks_of(typed: str) -> int:
    """Completed weeks of pregnancy: `38`, `38周`, `38+2`. OddGestation."""
    found = WEEKS.fullmatch(plain.signs(typed).lower())
    if not found:
        raise OddGestation
    return int(found[1])


def check_birth_date(birth_date: date, today: date) -> None:
    """Not in the future, and under 18 years today."""
    if birth_date > today:
        raise BornInTheFuture
    if birth_date.year < 1900 or add_months(birth_date, ADULT_MONTHS) <= today:
        raise GrownUp


def check_birth_weight(grams: int) -> None:
    """Grams; a number that can only be kilograms is asked about."""
    if 0 < grams <= MOST_KILOGRAMS:
        raise WeightInKilograms
    if not 300 <= grams <= 7000:
        raise OddWeight


def check_gestation(weeks: int) -> None:
    """Completed weeks."""
    if not 20 <= weeks <= 45:
        raise OddGestation


def check_certificate_no(number: str) -> None:
    """接种证 or 出生医学证明: issuers number them differently, so only the shape is checked."""
    if not CERTIFICATE.fullmatch(number):
        raise OddCertificate


def check_identity_no(number: str, birth_date: date | None) -> None:
    """GB 11643-1999: 17 digits and a check character; digits 7 to 14 are the date of birth."""
    number = number.upper()
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise OddIdentity
    total = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False))
    if CHECKS[total % 11] != number[17]:
        raise WrongCheckDigit
    if birth_date:
        check_day_of_identity(number, birth_date)


def check_day_of_identity(number: str, birth_date: date) -> None:
    """An identity number that is right in itself is of somebody born that day."""
    if number[6:14] != f"{birth_date:%Y%m%d}":
        raise IdentityOfAnotherDay
