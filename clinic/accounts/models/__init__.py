"""Users and what they may be; links; where they are signed in; codes; counters against guessing."""

from clinic.accounts.models.forms import KeptForm, SentForm
from clinic.accounts.models.links import OneTimeLink, Purpose, StaffInvitation
from clinic.accounts.models.people import (
    FormerMembership,
    Held,
    Membership,
    Person,
    Profession,
    Role,
    SignedIn,
    User,
)
from clinic.accounts.models.signing_in import (
    Counter,
    Ended,
    KnownBrowser,
    RecoveryCode,
    SecondFactor,
    SignIn,
    SignInCode,
)

__all__ = [
    "Counter",
    "Ended",
    "FormerMembership",
    "Held",
    "KeptForm",
    "KnownBrowser",
    "Membership",
    "OneTimeLink",
    "Person",
    "Profession",
    "Purpose",
    "RecoveryCode",
    "Role",
    "SecondFactor",
    "SentForm",
    "SignIn",
    "SignInCode",
    "SignedIn",
    "StaffInvitation",
    "User",
]
