"""The site without its protections, for the twins of the races.

MEET=n    no locks, and whoever confirms has looked before any of the n writes: what
          check-then-insert comes to on a busy morning
BLIND=1   nobody looks at the child's other appointments
KEEP=1    a cancelled place is not given back
AGAIN=1   every confirmation has a key of its own, and forgets the hold it came from
"""

import os
import threading
from dataclasses import replace
from uuid import uuid4

from flask import request

from clinic.app import create_app
from clinic.scheduling import booking, places

_meet = int(os.environ.get("MEET", "1"))
_together = threading.Barrier(_meet, timeout=20)


_examine = booking.examine


def _look_then_meet(*args, **kwargs):
    found = [] if "BLIND" in os.environ else _examine(*args, **kwargs)
    if str(request.endpoint).endswith(".confirm"):
        _together.wait()
    return found


places.lock = places.lock_to_take = lambda *_, **__: None
booking.examine = _look_then_meet
_book = booking.book


def _book_again(wanted, *, key, **rest):
    forgetful = [replace(one, hold=None) for one in wanted]
    return _book(forgetful, key=f"{key}:{uuid4()}", **rest)


if "AGAIN" in os.environ:
    booking.book = _book_again
if "KEEP" in os.environ:
    places.give_back = lambda **_: []
app = create_app()
