"""The site without its locks, for the twins of the races: everybody who confirms meets first.

`MEET` says how many. With the promises of the database gone too, each of them has looked before
any of them writes, which is what check-then-insert comes to on a busy morning.
"""

import os
import threading

from flask import request

from clinic.app import create_app
from clinic.scheduling import booking, places

_together = threading.Barrier(int(os.environ["MEET"]), timeout=20)


_examine = booking.examine


def _look_then_meet(*args, **kwargs):
    found = _examine(*args, **kwargs)
    if str(request.endpoint).endswith(".confirm"):
        _together.wait()
    return found


places.lock = lambda *_: None
booking.examine = _look_then_meet
app = create_app()
