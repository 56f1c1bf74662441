"""Two who meet in the database at the same moment."""

import threading
from datetime import time

from clinic.accounts.models import User
from clinic.db import db, in_one_transaction
from tests.makes import TOMORROW, make_child
from tests.world import World


class Clinic(World):
    """A practitioner with four slots tomorrow at nine; ids, since every thread loads its own rows."""

    def __init__(self):
        super().__init__(hours={"closes": time(10)})
        self.slots = [slot.id for slot in self.session.slots]
        self.child = make_child(self.parent)

    def fill(self):
        return [self.book(number) for number in range(4)]

    def wait(self):
        wish = {"parts": ["morning"], "first_day": TOMORROW, "last_day": TOMORROW}
        return self.join(by=self.parent, children=[self.child], **wish)


def at_once(app, *works):
    """Do all of it in threads with sessions of their own; each answer, or the error that it ended in."""
    answers = [None] * len(works)

    def run(number, work):
        with app.app_context():
            try:
                answers[number] = in_one_transaction(work)
            except Exception as error:
                answers[number] = error
                db.session.rollback()
            finally:
                db.session.remove()

    db.session.commit()
    threads = [
        threading.Thread(target=run, args=(number, work)) for number, work in enumerate(works)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    db.session.rollback()
    db.session.expire_all()
    return answers


def meet_after(monkeypatch, module, name):
    """Both threads come back from their first call of that function together, or alone after a while."""
    real, met = getattr(module, name), threading.Barrier(2)
    seen = threading.local()

    def and_meet(*args, **kwargs):
        answer = real(*args, **kwargs)
        if not getattr(seen, "before", False):
            seen.before = True
            try:
                met.wait(1)
            except threading.BrokenBarrierError:
                return answer  # the other waits for a lock of ours
        return answer

    monkeypatch.setattr(module, name, and_meet)


def by(user_id):
    return db.session.get_one(User, user_id)
