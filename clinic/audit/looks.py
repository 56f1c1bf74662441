"""Looks at children by staff, refused pages and the like: noted while a page is made, written after it.

A GET writes nothing, and what is refused is rolled back; so these have a transaction of their own,
one statement for all of a request. A page that cannot be noted is not shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from flask import current_app, g, has_request_context, request
from flask_login import current_user
from sqlalchemy import insert

from clinic import clock
from clinic.audit.trail import AuditEvent, origin
from clinic.db import db, undo

AGAIN_AFTER = timedelta(minutes=10)  # a list that asks again and again is noted so often


class AtCentre(Protocol):
    """A child's appointment, or its visit, at a centre."""

    @property
    def child_id(self) -> int: ...
    @property
    def centre_id(self) -> int: ...


class Seen(NamedTuple):
    """The same, where nothing else is known of it."""

    child_id: int
    centre_id: int


class Lately:
    """What this process noted within `AGAIN_AFTER`.

    It may only spare rows that would say the same again. So a key says all that a row does but
    the moment (`_looker`): a list on another device, from another address or on another page is
    noted at once. It is forgotten by a restart and not shared: of several processes each notes a
    list once in that time, which makes more rows and never fewer. What could not be written is
    not remembered.
    """

    MOST = 5000

    def __init__(self) -> None:
        self.noted: dict[tuple[object, ...], datetime] = {}

    def has(self, key: tuple[object, ...], now: datetime) -> bool:
        """Whether that was noted lately."""
        at = self.noted.get(key)
        return at is not None and now - AGAIN_AFTER < at <= now

    def add(self, keys: Iterable[tuple[object, ...]], now: datetime) -> None:
        """Remember that these are noted."""
        if len(self.noted) >= self.MOST:
            self.noted = {key: at for key, at in self.noted.items() if self.has(key, now)}
        self.noted.update(dict.fromkeys(keys, now))


def note(
    action: str,
    subject: str,
    subject_id: int | None,
    *,
    by: int | None = None,
    centre_id: int | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Write this on the trail after the answer, whatever becomes of the request's own transaction.

    `by` is whoever is signed in, unless it is said.
    """
    g.setdefault("notes", []).append(
        {
            "at": clock.now(),
            "actor_id": _who() if by is None else by,
            "action": action,
            "subject": subject,
            "subject_id": subject_id,
            "centre_id": centre_id,
            "details": {**(details or {}), **origin()},
        }
    )


def note_read(child_id: int, centre_id: int) -> None:
    """Staff look at a child's record, as the staff of that centre."""
    if has_request_context():
        note("read", "children", child_id, centre_id=centre_id)


def note_list(name: str, rows: Iterable[AtCentre]) -> None:
    """Staff see the children of these visits in the list of that name: a row a centre, with their ids.

    Lists ask by themselves, so a child is not noted again whom the same sign-in had in the same
    list of the same page, from the same address, within `AGAIN_AFTER`.
    """
    now, new = clock.now(), defaultdict(set)
    for row in rows:
        if not _lately().has(key := (_looker(), name, row.centre_id, row.child_id), now):
            new[row.centre_id].add(row.child_id)
            g.setdefault("noted_keys", []).append(key)
    for centre_id, children in sorted(new.items()):
        facts = {"list": name, "children": sorted(children)}
        note("read_list", "centres", centre_id, centre_id=centre_id, details=facts)


def note_refused(status: int) -> None:
    """Whoever is signed in asked for a page that is not for them, or for what is not theirs."""
    asked = {name: value for name, value in (request.view_args or {}).items() if type(value) is int}
    details = {"status": status, **asked}
    note_once((request.endpoint, *asked.items()), "refused", "pages", None, details=details)


def note_once(key: object, action: str, subject: str, subject_id: int | None, **rest: Any) -> None:
    """Write this unless the same was done, by its `key`, within `AGAIN_AFTER`: by the same user in
    the same sign-in, of the same subject, on the same page, from the same address."""
    whole = (_looker(), action, subject, subject_id, key)
    if not _lately().has(whole, clock.now()):
        note(action, subject, subject_id, **rest)
        g.setdefault("noted_keys", []).append(whole)


def write_notes() -> None:
    """Write what this request noted, in a transaction of its own."""
    notes, keys = g.pop("notes", None), g.pop("noted_keys", ())
    if not notes:
        return
    undo()  # whatever is left open would wait for itself on SQLite
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(insert(AuditEvent), notes)
    _lately().add(keys, clock.now())


def _who() -> int | None:
    return getattr(current_user, "id", None)


def _looker() -> tuple[object, ...]:
    """Who asks, by which sign-in, from where, for which page: what the trail says of a request."""
    sign_in = getattr(current_user, "sign_in_id", None)
    return _who(), sign_in, request.remote_addr, request.endpoint


def _lately() -> Lately:
    lately: Lately = current_app.extensions["noted_lately"]
    return lately
