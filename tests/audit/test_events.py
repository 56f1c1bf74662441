"""A subscriber's row is there exactly when the change is that it was told of."""

import pytest
from sqlalchemy import text

from clinic.audit import AuditEvent, events
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import Appointment
from clinic.scheduling.status import Status, status_of
from tests.makes import NOON, make_appointment, make_child, make_service, make_user


class NotSent(DomainError):
    message = "The message cannot be queued."


@pytest.fixture
def outbox(both, monkeypatch):
    """Messages to families, queued by what happened; the table is the test's own."""
    db.session.execute(text("CREATE TABLE outbox (action VARCHAR(40), appointment_id INTEGER)"))
    db.session.commit()

    def queue(event):
        if event.subject == "appointments" and event.action in ("book", "cancel"):
            db.session.execute(
                text("INSERT INTO outbox VALUES (:action, :id)"),
                {"action": event.action, "id": event.subject_id},
            )

    monkeypatch.setattr(events, "SUBSCRIBERS", (queue,))

    def queued():
        return [tuple(row) for row in db.session.execute(text("SELECT * FROM outbox"))]

    return queued


@pytest.fixture
def booked(outbox):
    parent = make_user()
    return make_appointment(make_child(parent), make_service(), by=parent), parent


def cancel(appointment, parent):
    booking.cancel(appointment, by=parent, online=True, now=NOON)


def trail_of(action):
    return db.session.query(AuditEvent).filter_by(action=action).count()


def test_what_was_done_is_queued_once(outbox, booked):
    appointment, parent = booked
    in_one_transaction(lambda: cancel(appointment, parent))

    assert outbox() == [("book", appointment.id), ("cancel", appointment.id)]


def test_what_was_undone_is_not_queued(outbox, booked):
    appointment, parent = booked

    def fails():
        cancel(appointment, parent)
        assert ("cancel", appointment.id) in outbox()
        raise NotSent

    with pytest.raises(NotSent):
        in_one_transaction(fails)

    assert outbox() == [("book", appointment.id)]
    assert trail_of("cancel") == 0
    assert status_of(db.session.get_one(Appointment, appointment.id)) is Status.BOOKED


def test_a_subscriber_that_fails_undoes_the_change(outbox, booked, monkeypatch):
    appointment, parent = booked

    def refuse(event):
        raise NotSent

    monkeypatch.setattr(events, "SUBSCRIBERS", (*events.SUBSCRIBERS, refuse))
    with pytest.raises(NotSent):
        in_one_transaction(lambda: cancel(appointment, parent))

    assert outbox() == [("book", appointment.id)]
    assert trail_of("cancel") == 0
    assert status_of(db.session.get_one(Appointment, appointment.id)) is Status.BOOKED


def test_an_event_says_what_was_done_to_what_by_whom(booked, monkeypatch):
    appointment, parent = booked
    told = []
    monkeypatch.setattr(events, "SUBSCRIBERS", (told.append,))
    in_one_transaction(lambda: cancel(appointment, parent))

    [event] = [one for one in told if one.action == "cancel"]
    assert (event.subject, event.subject_id) == ("appointments", appointment.id)
    assert (event.by, event.at, event.centre_id) == (parent.id, NOON, appointment.centre_id)
