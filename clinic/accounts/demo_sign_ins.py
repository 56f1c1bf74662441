"""The sign-ins of the fictitious city. Shown in demo mode only."""

from dataclasses import dataclass

from sqlalchemy import select

from clinic.accounts.models import Role, User
from clinic.prepared import Prepared
from clinic.sentences import mark

DEMO_PASSWORD = "demo-demo-1"  # noqa: S105 - printed on the demo's sign-in page
# One for each profession: the name of its e-mail address, its role, and what it is called.
SIGN_INS = {
    "parent": (Role.PARENT, mark("Parent")),
    "reception": (Role.RECEPTION, mark("Reception")),
    "doctor": (Role.CLINICIAN, mark("Paediatrician")),
    "vaccinator": (Role.CLINICIAN, mark("Vaccination nurse")),
    "clinician": (Role.CLINICIAN, mark("Child health doctor")),
    "therapist": (Role.CLINICIAN, mark("Rehabilitation therapist")),
    "tcm": (Role.CLINICIAN, mark("Doctor of Chinese medicine")),
    "manager": (Role.MANAGER, mark("Manager")),
}

_email = User.__table__.c.email
EMAILS = Prepared(select(_email).where(_email.in_([f"{name}@demo.example" for name in SIGN_INS])))


@dataclass(frozen=True)
class DemoSignIn:
    """One sign-in of a profession."""

    role: Role
    label: str
    email: str
    password: str


def demo_sign_ins() -> list[DemoSignIn]:
    """One a profession, if the city was loaded."""
    emails = set(EMAILS.scalars())
    return [
        DemoSignIn(role, label, f"{name}@demo.example", DEMO_PASSWORD)
        for name, (role, label) in SIGN_INS.items()
        if f"{name}@demo.example" in emails
    ]


def is_shared(user: User) -> bool:
    """Whether this is one of the demo's sign-ins, which everybody knows and must go on working."""
    name, _, host = (user.email or "").partition("@")
    return host == "demo.example" and name in SIGN_INS
