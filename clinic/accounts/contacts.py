"""Phone numbers and e-mail addresses, as people type them and as we keep them. Pure."""

import re

from email_validator import EmailNotValidError, validate_email

from clinic.errors import DomainError
from clinic.i18n import mark

MOBILE = re.compile(r"1[3-9]\d{9}")


class NotAContact(DomainError):
    message = mark("Enter a mobile number of 11 digits, or an e-mail address.")


def normalised(typed: str) -> str:
    """`+8613800138000` or `name@example.cn`. Raises NotAContact.

    Mobile numbers are those of mainland China; spaces, dashes and +86 are forgiven.
    """
    bare = typed.strip()
    if "@" in bare:
        try:
            return validate_email(
                bare, check_deliverability=False, test_environment=True
            ).normalized.lower()
        except EmailNotValidError as error:
            raise NotAContact from error
    digits = re.sub(r"[\s\-().\u2013]", "", bare).removeprefix("+86").removeprefix("0086")
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
