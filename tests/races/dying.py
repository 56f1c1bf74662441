"""One round of the worker, in a process that ends as by kill -9 around its nth commit.

DIE=before:3   when the third is about to happen: the work is done, and lost
DIE=after:3    when it has happened, and nobody was told
TORN=3         when the third offer that lapsed is over, and the trail does not tell it: for a twin
"""

import os
import signal
from itertools import count

from sqlalchemy import event

from clinic import clock
from clinic.app import create_app
from clinic.db import db
from clinic.scheduling.work import work
from tests.races.torn import tear

_when, _, _nth = os.environ.get("DIE", "").partition(":")
_commits = count(1)


def _die(session):
    if next(_commits) == int(_nth):
        os.kill(os.getpid(), signal.SIGKILL)


app = create_app()
with app.app_context():
    if _when:
        event.listen(db.session, f"{_when}_commit", _die)
    if "TORN" in os.environ:
        tear("offer_lapsed", int(os.environ["TORN"]))
    work(now=clock.now())
