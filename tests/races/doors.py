"""Processes that wait at a door, and then act at the same moment.

They are forked from one process that has loaded the site: starting eight of them is not loading it
eight times.
"""

from functools import partial
from multiprocessing import get_context

from clinic.app import create_app
from clinic.db import db
from tests.conftest import SETTINGS

TOO_LONG = 60  # seconds
_processes = get_context("forkserver")
_processes.set_forkserver_preload(["clinic.app", "tests.conftest", "tests.makes"])


class Somebody:
    """A process with a site of its own on that database, that does `deed(wait, *args)`.

    The deed looks first, calls `wait()` or `wait(word)` when it is ready, and returns how it ended.
    """

    def __init__(self, race, deed, *args):
        db.session.commit()
        self.door, theirs = _processes.Pipe()
        about = (race.config["DATABASE_URL"], theirs, deed, args)
        self.process = _processes.Process(target=_live, args=about, daemon=True)
        self.process.start()
        theirs.close()  # what is open here would not end when they do

    def hear(self, word):
        assert self._said() == word

    def go(self):
        self.door.send("go")

    def answer(self):
        """How it ended."""
        word = self._said()
        self.process.join(TOO_LONG)
        return word

    def _said(self):
        assert self.door.poll(TOO_LONG), "nothing was heard at the door"
        return self.door.recv()


def _live(url, door, deed, args):
    app = create_app(SETTINGS | {"DATABASE_URL": url})
    with app.app_context():
        door.send(deed(partial(_wait, door), *args))


def _wait(door, word="ready"):
    door.send(word)
    door.recv()


def at_once(people):
    """Wait until all are ready and let them go together, in their order; how they ended."""
    for person in people:
        person.hear("ready")
    return let_go(people)


def let_go(people):
    """Let those who are ready go together; how they ended."""
    for person in people:
        person.go()
    answers = [person.answer() for person in people]
    db.session.rollback()  # what was read before is not what is there now
    db.session.expire_all()
    return answers
