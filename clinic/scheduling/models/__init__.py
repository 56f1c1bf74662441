"""Sessions, slots, the places taken in them, holds, bookings and appointments.

The database keeps the promises, on SQLite and on PostgreSQL alike (clinic/promises): rows of
`places` are counted into `slots.taken` by triggers, CHECKs stop the count at the capacity, and
overlaps of a practitioner, a room or a child are refused.
"""

from clinic.scheduling.models.appointments import (
    DISPLACED,
    Appointment,
    Booking,
    Channel,
    PauseLift,
    Question,
)
from clinic.scheduling.models.holds import (
    LEADS_A_FORM,
    LIVE_OFFER,
    OPEN_FORM,
    Hold,
    HoldFor,
    Place,
    of_those_that_have,
)
from clinic.scheduling.models.hours import (
    ClinicSession,
    ClosedFor,
    PolicyRow,
    RotaRule,
    RotaRuleService,
    Slot,
    SlotService,
)
from clinic.scheduling.models.versions import (
    ANY_DAY,
    EVERYWHERE,
    NUMBER,
    OF_SHARED,
    OF_STOCK,
    OF_TIMES,
    SHARED_NUMBER,
    Topic,
    Version,
)
from clinic.scheduling.models.waitlist import WAITS, WaitlistCentre, WaitlistChild, WaitlistEntry

__all__ = [
    "ANY_DAY",
    "DISPLACED",
    "EVERYWHERE",
    "LEADS_A_FORM",
    "LIVE_OFFER",
    "NUMBER",
    "OF_SHARED",
    "OF_STOCK",
    "OF_TIMES",
    "OPEN_FORM",
    "SHARED_NUMBER",
    "WAITS",
    "Appointment",
    "Booking",
    "Channel",
    "ClinicSession",
    "ClosedFor",
    "Hold",
    "HoldFor",
    "PauseLift",
    "Place",
    "PolicyRow",
    "Question",
    "RotaRule",
    "RotaRuleService",
    "Slot",
    "SlotService",
    "Topic",
    "Version",
    "WaitlistCentre",
    "WaitlistChild",
    "WaitlistEntry",
    "of_those_that_have",
]
