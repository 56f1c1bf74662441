"""Who may do what: the table of rights, for those who work here."""

from flask import Response, request

from clinic.accounts import rights
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.blueprint import bp
from clinic.accounts.models import Role
from clinic.accounts.rights import DUTIES, TABLE, Duty
from clinic.accounts.words import PROFESSIONS, ROLES
from clinic.web import render

STAFF = tuple(role for role in Role if role is not Role.PARENT)
WORDS: dict[Duty, str] = {
    duty: PROFESSIONS[duty] if duty in PROFESSIONS else ROLES[duty]  # type: ignore[index]
    for duty in DUTIES
}


@bp.get("/who-may-do-what")
@allow(*STAFF)
@names_nobody("roles and professions")
def who_may_do_what() -> Response:
    """The whole table, after one duty's part: the reader's own, or the one that the address names."""
    own = [duty for duty in DUTIES if rights.is_any(me(), [duty])]
    chosen = next((duty for duty in DUTIES if duty == request.args.get("as")), own[0])
    return render(
        "accounts/rights.html",
        table=TABLE.values(),
        duties=DUTIES,
        words=WORDS,
        own=own,
        chosen=chosen,
        theirs=[right for right in TABLE.values() if chosen in right.duties],
    )
