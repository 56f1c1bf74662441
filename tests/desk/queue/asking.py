"""What a page asks with, and when."""

import json
from datetime import timedelta

import time_machine

from tests.pages import values


def tags(page):
    """What the parts of a page send along to say what they have."""
    sent = [json.loads(one) for one in values(page, "[hx-headers]", "hx-headers")]
    return [one["If-None-Match"][3:-1] for one in sent if "If-None-Match" in one]


def at(slot, minutes):
    """So long before the slot."""
    return time_machine.travel(slot.starts_at - timedelta(minutes=minutes), tick=False)
