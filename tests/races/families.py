"""Families who book over HTTP, made many at a time, and the moment at which they all begin."""

import http.client
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import func, insert, select

from clinic import clock
from clinic.accounts.models import Membership, Role, User
from clinic.db import db
from clinic.families.models import Child, Consent, ConsentKind, Guardianship, Relation, Sex
from clinic.families.registering import VERSIONS
from clinic.scheduling.models import Appointment
from tests.makes import NOON, make_slot, sign_in
from tests.serving import SECRET

KIND = {409, 422}  # refused, on a page that says why and offers something else
_phones = count(1)


class Answer(NamedTuple):
    """What the site said."""

    status: int
    where: str | None
    page: str


class Parent:
    """A signed-in browser without the browser."""

    def __init__(self, app, session):
        signed = app.session_interface.get_signing_serializer(app).dumps(session)
        self.cookie = f"session={signed}"
        signing = URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token")
        self.token = signing.dumps(session["csrf_token"])

    def ask(self, method, site, path, body=None, **headers):
        """The answer, and its headers."""
        connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=60)
        try:
            connection.request(method, path, body, {"Cookie": self.cookie} | headers)
            answer = connection.getresponse()
            page = answer.read().decode()
        finally:
            connection.close()
        return Answer(answer.status, answer.headers.get("Location"), page), answer.headers

    def post(self, site, path, **fields):
        body = urlencode(fields | {"csrf_token": self.token}, doseq=True)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", site, path, body, **form)[0]


@dataclass(frozen=True)
class Family:
    """A parent and the ids of the children."""

    parent: Parent
    children: tuple[int, ...]

    def hold(self, site, service_id, *slot_ids, **more):
        """Ask for a slot for each child."""
        fields = {
            "child": self.children[0],
            "with": self.children[1:],
            "service": service_id,
            "slot": "-".join(map(str, slot_ids)),
        }
        return self.parent.post(site, "/pediatrics/holds", **fields | more)

    def confirm(self, site, held):
        """Book what was held."""
        return self.parent.post(site, held.where, reason="")

    def book(self, site, service_id, *slot_ids, **more):
        """Hold and, if that worked, confirm."""
        held = self.hold(site, service_id, *slot_ids, **more)
        return self.confirm(site, held) if held.status == 303 else held


def families(app, number, *, children=1):
    """So many parents with so many children each, in a handful of statements."""
    users = _insert(User, [_user() for _ in range(number)])
    whose = [user_id for user_id in users for _ in range(children)]
    theirs = _insert(Child, [_child() for _ in whose])
    _insert(Membership, [{"user_id": user, "role": Role.PARENT} for user in users])
    _insert(
        Guardianship,
        [
            {
                "user_id": user_id,
                "child_id": child_id,
                "relation": Relation.MOTHER,
                "is_first": True,
                "granted_at": NOON,
                "granted_by_id": user_id,
            }
            for user_id, child_id in zip(whose, theirs, strict=True)
        ],
    )
    _insert(Consent, [_consent(user, kind) for user in users for kind in ConsentKind])
    db.session.commit()
    sessions = sign_in(*(User(id=user, epoch=0) for user in users))
    parents = [Parent(app, session) for session in sessions]
    return [
        Family(parent, tuple(theirs[n * children : (n + 1) * children]))
        for n, parent in enumerate(parents)
    ]


def _insert(model, rows):
    returning = insert(model).returning(model.id, sort_by_parameter_order=True)
    return list(db.session.scalars(returning, rows))


def _user():
    return {
        "name": "王芳",
        "phone": f"+86139{next(_phones):08}",
        "created_at": NOON,
    }


def _child():
    return {
        "name": "王一禾",
        "sex": Sex.FEMALE,
        "birth_date": date(2025, 2, 1),
        "created_at": NOON,
    }


def _consent(user_id, kind):
    return {
        "user_id": user_id,
        "kind": kind,
        "text_version": VERSIONS[kind],
        "language": "zh",
        "given": True,
        "at": NOON,
        "recorded_by_id": user_id,
    }


def at_once(work, people):
    """Do the work for everybody at the same moment; their answers in order."""
    line = threading.Barrier(len(people))

    def start(person):
        line.wait()
        return work(person)

    with ThreadPoolExecutor(len(people)) as crowd:
        return list(crowd.map(start, people))


def in_turn(work, people, at_the_door):
    """Do the work for everybody, so many at the same time; their answers in order."""
    with ThreadPoolExecutor(at_the_door) as crowd:
        return list(crowd.map(work, people))


def in_two_days(more=0):
    """A day of the clinic's calendar that is open for booking."""
    return clock.clinic_day(clock.now()) + timedelta(days=2 + more)


def a_slot(service, **kw):
    return make_slot(service, day=in_two_days(), **kw)


def ids_of(slots):
    """Their ids; nothing of ours is left open, which on SQLite would keep the server waiting."""
    ids = [slot.id for slot in slots]
    db.session.commit()
    return ids


def appointments():
    """How many there are."""
    db.session.rollback()
    return db.session.scalar(select(func.count(Appointment.id)))


def statuses(answers):
    """How often each status was answered."""
    found = [answer.status for answer in answers]
    return {status: found.count(status) for status in sorted(set(found))}
