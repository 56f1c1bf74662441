"""The site without its protections, for the twins of the races.

MEET=n    no locks, and whoever confirms has looked before any of the n writes: what
          check-then-insert comes to on a busy morning
BLIND=1   nobody looks at the child's other appointments
KEEP=1    a cancelled place is not given back
"""

import os
import threading

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


places.lock = lambda *_: None
booking.examine = _look_then_meet
if "KEEP" in os.environ:
    places.give_back = lambda **_: None
app = create_app()
