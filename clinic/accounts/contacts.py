"""Phone numbers and e-mail addresses, as people type them and as we keep them. Pure."""

import re

from email_validator import EmailNotValidError, validate_email

from clinic import plain
from clinic.errors import DomainError
from clinic.sentences import mark

MOBILE = re.compile(r"1[3-9][0-9]{9}")
CHINA = re.compile(r"(\+|00)?86(?=1[0-9]{10}$)")


class NotAContact(DomainError):
    message = mark("Enter a mobile number of 11 digits, or an e-mail address.")


def normalised(typed: str) -> str:
    """`+8613800138000` or `name@example.cn`. Raises NotAContact, plain.HiddenSigns."""
    bare = plain.signs(typed)
    if "@" not in bare:
        return mobile(typed)
    try:
        found = validate_email(
            bare.replace("。", "."), check_deliverability=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise NotAContact from error
    return found.normalized.lower()


def mobile(typed: str) -> str:
    """A mobile number of mainland China as `+8613800138000`. Raises NotAContact, plain.HiddenSigns.

    Full-width digits, blanks, dashes, dots, brackets and +86, 0086 or 86 are forgiven.
    """
    digits = CHINA.sub("", plain.code(typed))
    if not MOBILE.fullmatch(digits):
        raise NotAContact
    return f"+86{digits}"


def masked_contact(contact: str) -> str:
    """`138****8000`, `n***@example.cn`: enough to recognise."""
    if "@" in contact:
        name, _, host = contact.partition("@")
        return f"{name[:1]}***@{host}"
    digits = contact.removeprefix("+86")
    return f"{digits[:3]}****{digits[-4:]}"
