"""Why no dose can be reserved, or given."""

from sqlalchemy.exc import IntegrityError

from clinic.db import broken_promise
from clinic.errors import DomainError
from clinic.i18n import name_of
from clinic.sentences import mark
from clinic.vaccination.programme.catalogue import vaccines


class OutOfStock(DomainError):
    message = mark(
        "All doses of %(vaccine)s at this centre are reserved. Please choose another centre."
    )


class ExpiresBefore(OutOfStock):
    message = mark(
        "What the centre has of %(vaccine)s expires before %(day)s. "
        "Please choose a day until %(last)s, or another centre."
    )


class BookedAlready(DomainError):
    message = mark("This dose is booked for another visit already.")


class ReservedElsewhere(DomainError):
    message = mark(
        "Doses that expire later are reserved for other visits. "
        "Please use the lot that expires first."
    )


class NotThisLot(DomainError):
    message = mark("This lot is of another vaccine, or of another centre.")


class LotIsRecalled(DomainError):
    message = mark("This lot is recalled. It must not be given.")


class LotIsOver(DomainError):
    message = mark("This lot expired on %(day)s. It must not be given.")


class LotIsEmpty(DomainError):
    message = mark("Nothing is left of this lot.")


# As PostgreSQL names the constraint, and as SQLite does.
BOOKED_ONCE = ("uq_reservations_booked", "reservations.purpose")


def refusal(error: IntegrityError, vaccine: str) -> DomainError:
    """What the database refused, in words; anything unknown goes on as it is."""
    constraint = broken_promise(error)
    if "ck_stock_reserved" in constraint:
        return OutOfStock(vaccine=name_of(vaccines()[vaccine]))
    if "ck_vaccine_lots_enough" in constraint:
        return LotIsEmpty()
    if any(name in constraint for name in BOOKED_ONCE):
        return BookedAlready()
    raise error
