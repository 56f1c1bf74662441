"""A child's vaccination certificate to print, in both languages, with a code that staff can check.

The code's address holds a signed token: which record, when it was printed, and what it said then.
It names nobody, and only staff may open it.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from flask import Response, current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select

from clinic import audit, clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.accounts.rights import Deed, centres_for
from clinic.db import db
from clinic.families.models import Child
from clinic.families.queries import get_child
from clinic.hosts import public_url
from clinic.keys import key_for
from clinic.qr import qr_code
from clinic.vaccination.blueprint import bp
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.record import recording
from clinic.vaccination.record.doubts import doubts, vaccinee
from clinic.vaccination.record.models import Immunization
from clinic.web import render


class Printed(NamedTuple):
    """What a token says: the record of which child, when it was printed, and its digest."""

    child_id: int
    on: date
    digest: str


@bp.get("/children/<id:child_id>/certificate")
@allow(Role.PARENT)
def certificate(child_id: int) -> Response:
    child = get_child(me(), child_id)
    rows = recording.history_of(child.id)
    today = clock.clinic_day(clock.now())
    token = sign(Printed(child.id, today, digest(rows)))
    audit.note("print_certificate", "children", child.id)
    address = public_url("vaccination.check_certificate", token=token)
    return render(
        "vaccination/certificate.html",
        child=child,
        rows=rows,
        vaccines=vaccines(),
        printed_on=today,
        doubts=doubts(vaccinee(child), rows, today),
        qr=qr_code(address),
    )


@bp.get("/certificates/<token>", endpoint="check_certificate")
@allow(Deed.CHECK_CERTIFICATES)
def check(token: str) -> Response:
    """What is on record by now of the child whose certificate this is; a look is written down."""
    printed = read(token)
    child = printed and db.session.scalar(select(Child).where(Child.id == printed.child_id))
    if printed is None or child is None:
        return render("vaccination/certificate_check.html", status=422, child=None)
    centre_id = min(centres_for(me(), Deed.CHECK_CERTIFICATES))
    audit.note_read(child.id, centre_id)
    rows = recording.history_of(child.id)
    return render(
        "vaccination/certificate_check.html",
        child=child,
        rows=rows,
        vaccines=vaccines(),
        printed=printed,
        is_same=digest(rows) == printed.digest,
    )


def digest(rows: Sequence[Immunization]) -> str:
    """Of what a certificate says; another record has another digest."""
    said = [
        (row.vaccine, row.dose_number, row.given_on, row.lot_number, row.verified_at is not None)
        for row in rows
    ]
    return hashlib.blake2b(repr(said).encode(), digest_size=6).hexdigest()


def _signer() -> URLSafeSerializer:
    # The site's secret signed those that were printed before each use had a key of its own.
    secrets = [str(current_app.config["SECRET_KEY"]).encode(), key_for("certificates")]
    return URLSafeSerializer(secrets, salt="vaccination certificate")


def sign(printed: Printed) -> str:
    """The token of a certificate."""
    child_id, on, said = printed
    return str(_signer().dumps([child_id, on.isoformat(), said]))


def read(token: str) -> Printed | None:
    """What a token says, if we signed it."""
    try:
        child_id, on, said = _signer().loads(token)
    except BadSignature:
        return None
    return Printed(child_id, date.fromisoformat(on), said)
