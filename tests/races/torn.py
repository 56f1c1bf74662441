"""For twins: a deed that is not one transaction. It is committed before it is told, and its doer dies in between."""

import os
import signal
from itertools import count

from clinic.db import db
from tests.races import twins


def tear(action, nth):
    """In this process, the nth time that `action` is to be told in the trail."""
    record, told = twins.original("record_event"), count(1)

    def record_later(what, *args, **kw):
        db.session.commit()
        if what == action and next(told) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        record(what, *args, **kw)

    twins.replace(record_event=record_later)
