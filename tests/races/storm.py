"""A storm of bookings by families who do not give up, and what may have become of it."""

import http.client
import threading

from sqlalchemy import select

from clinic.db import db
from clinic.scheduling.models import Appointment
from clinic.scheduling.verify import broken_promises
from tests.races.families import KIND, families, ids_of, in_turn, in_two_days
from tests.world import World

SOON = 1  # second: who met trouble asks again then, calm or not
MOST_TRIES = 300


class Storm:
    """So many families for fewer places. Each asks again after every failure, once `calm` is set or soon.

    The last few must meet as many troubles as many would have: each of theirs may not take a minute.

    What happens as soon as so many bookings were answered, or so many troubles met, is said like
    {7: server.kill}.
    """

    def __init__(self, app, number, *, slots=4, capacity=5):
        world = World(hours={"day": in_two_days(), "capacity": capacity})
        self.places = slots * capacity
        self.service_id, slot_ids = world.service.id, ids_of(world.session.slots)[:slots]
        self.crowd = [
            (family, slot_ids[n % slots]) for n, family in enumerate(families(app, number))
        ]
        self.calm, self.lock = threading.Event(), threading.Lock()
        self.calm.set()
        self.acknowledged, self.troubles = [], []

    def rage(self, site, at_the_door, *, at_booking=None, at_trouble=None):
        """Everybody's last answer."""
        self.site, self.at_booking, self.at_trouble = site, at_booking or {}, at_trouble or {}
        return in_turn(self._book, self.crowd, at_the_door)

    def _book(self, pair):
        family, slot_id = pair
        held = self.insist(lambda: family.hold(self.site, self.service_id, slot_id))
        if held.status != 303:
            return held
        booked = self.insist(lambda: family.confirm(self.site, held))
        if booked.status == 303:
            appointment_id = int(booked.where.rpartition("/")[2])
            self._note((appointment_id, family.children[0]), self.acknowledged, self.at_booking)
        return booked

    def insist(self, ask):
        """Ask until there is an answer that says yes or no."""
        for _ in range(MOST_TRIES):
            try:
                answer = ask()
            except (OSError, http.client.HTTPException) as error:
                trouble = error
            else:
                if answer.status < 500:
                    return answer
                trouble = answer
            self._note(trouble, self.troubles, self.at_trouble)
            self.calm.wait(SOON)
        raise AssertionError("the site did not come back")

    def _note(self, what, where, at):
        with self.lock:
            where.append(what)
            happens = at.get(len(where))
        if happens:
            happens()

    @property
    def pages(self):
        """The answers among the troubles: those who were not cut off."""
        return [trouble for trouble in self.troubles if not isinstance(trouble, Exception)]

    def check(self, answers):
        """Every place is taken once, by who was told so; the others were refused kindly."""
        db.session.rollback()
        rows = db.session.execute(select(Appointment.id, Appointment.child_id))
        assert sorted(map(tuple, rows)) == sorted(self.acknowledged)
        children = [child_id for _, child_id in self.acknowledged]
        assert len(set(children)) == len(children) == self.places
        assert {answer.status for answer in answers} - {303} == KIND & {
            answer.status for answer in answers
        }
        assert broken_promises() == []
