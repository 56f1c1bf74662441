"""The sign-ins of the fictitious city. Shown in demo mode only."""

from dataclasses import dataclass

from sqlalchemy import select

from clinic.accounts.models import Role, User
from clinic.db import db
from clinic.i18n import mark

DEMO_PASSWORD = "demo-demo-1"  # noqa: S105 - printed on the demo's sign-in page
LABELS = {
    Role.PARENT: mark("Parent"),
    Role.CLINICIAN: mark("Clinician"),
    Role.RECEPTION: mark("Reception"),
    Role.MANAGER: mark("Manager"),
}


@dataclass(frozen=True)
class DemoSignIn:
    """One sign-in of a role."""

    role: Role
    label: str
    email: str
    password: str


def demo_sign_ins() -> list[DemoSignIn]:
    """One a role, if the city was loaded."""
    emails = set(db.session.scalars(select(User.email).where(User.email.like("%@demo.example"))))
    return [
        DemoSignIn(role, label, f"{role.value}@demo.example", DEMO_PASSWORD)
        for role, label in LABELS.items()
        if f"{role.value}@demo.example" in emails
    ]
