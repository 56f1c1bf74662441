"""Of whom a second factor is required, and since when: the one table."""

from flask import current_app

from clinic import clock
from clinic.accounts.models import Role, SignedIn

# Who may see or change what many families and colleagues have.
ALWAYS = frozenset({Role.ADMIN, Role.MANAGER})
# From the day SECOND_FACTOR_FROM, so that a centre can have everybody set one up first; without a
# day it is theirs to choose. Parents are never asked.
FROM_A_DAY = frozenset({Role.CLINICIAN, Role.RECEPTION})


def is_required_of(roles: frozenset[Role]) -> bool:
    """Whether whoever has these roles needs one today.

    Nobody in the demo: its sign-ins are printed on its pages, so it would protect nothing, and
    who set it up would keep all others out.
    """
    if current_app.config["DEMO"]:
        return False
    since = current_app.config["SECOND_FACTOR_FROM"]
    begun = since is not None and since <= clock.clinic_day(clock.now())
    return bool(roles & (ALWAYS | FROM_A_DAY if begun else ALWAYS))


def must_give(who: SignedIn) -> bool:
    """Whether they need one, and have not given one in this sign-in."""
    return not who.has_second and is_required_of(who.roles)
