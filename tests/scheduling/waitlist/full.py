"""A session that is full, and what is offered when a place is free."""

from datetime import time

from clinic.db import db
from clinic.scheduling.appointments import booking, holding
from clinic.scheduling.models import Channel
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from clinic.scheduling.waitlist import offering
from tests.makes import NOON, make_user
from tests.world import World


class Full(World):
    """A session tomorrow from nine to ten, every slot taken."""

    def __init__(self, **hours):
        super().__init__(hours={"closes": time(10)} | hours)
        self.taken = [
            self.book(number)
            for number, slot in enumerate(self.session.slots)
            for _ in range(slot.capacity)
        ]

    def cancel(self, number=0, now=NOON):
        super().cancel(self.taken[number], now=now)

    def accept(self, lead, now=NOON):
        wanted = [
            Request(hold.child, hold.service, slots_for(hold.service, hold.slot_id), hold=hold)
            for hold in holding.group_of(lead)
        ]
        by = make_user()
        made = booking.book(
            wanted, by=by, key=f"hold:{lead.id}", channel=Channel.ONLINE, now=now
        ).row
        db.session.commit()
        assert broken_promises() == []
        return made


def offered(entry):
    return [offer.slot_id for offer in offering.live_offers(entry.id)]
