"""For twins: a deed that is not one transaction. It is committed before it is told, and its doer dies in between."""

import os
import signal
from itertools import count

from clinic import audit
from clinic.db import db


def tear(action, nth):
    """In this process, the nth time that `action` is to be told in the trail."""
    record, told = audit.record, count(1)

    def record_later(what, *args, **kw):
        db.session.commit()
        if what == action and next(told) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        record(what, *args, **kw)

    audit.record = record_later
