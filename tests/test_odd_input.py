"""Every field of every form gets odd texts, ids and days, eight kinds each, or with LONG=1 two
dozen; no page falls over."""

import os
import random

import pytest
import time_machine

from clinic.accounts.models import Counter, Role
from clinic.db import db
from tests.fuzz import Fuzz
from tests.odd import DAYS, IDS, TEXTS
from tests.pages import Page
from tests.whole_site import NOW

pytestmark = pytest.mark.heavy("every field of every page")
ODD = [*TEXTS, *IDS, *DAYS]
TURNS = 24 if "LONG" in os.environ else 8  # odd values in each field


@pytest.fixture
def fuzz(app):
    app.config |= {"PROPAGATE_EXCEPTIONS": False, "TESTING": False}
    with time_machine.travel(NOW, tick=False):
        made = Fuzz(app, random.Random(0))
        yield made


def test_odd_values_in_every_field(fuzz):
    """Each request has another odd value in each field of the form; its sender is one who sees it."""
    faults = []
    for number, (action, fields) in enumerate(sorted(fuzz.fields.items())):
        names = sorted(name for name in fields if name and name != "csrf_token")
        for turn in range(TURNS if names else 1):
            at = number + turn * len(ODD) // TURNS
            sent = {name: ODD[(at + place) % len(ODD)] for place, name in enumerate(names)}
            asking = {"data": sent, "tampered": True}
            answer = fuzz._ask(fuzz.senders[action], "POST", action, **asking)
            if answer.status_code >= 500:
                faults.append((action, sent))
        db.session.query(Counter).delete()
        db.session.commit()
    assert not faults


def test_what_was_typed_is_still_there(fuzz):
    for typed in (text for text in TEXTS if text.strip()):
        sent = {"name": typed, "birth_date": "9999-12-31"}
        asking = {"data": sent, "tampered": True}
        client = fuzz.clients[Role.PARENT]
        answer = fuzz._ask(client, "POST", "/family/children/new", **asking)
        assert answer.status_code == 422
        shown = Page(client, answer).tree.css_first("#name").attributes["value"]
        seen = "".join(sign for sign in typed if sign >= " ")
        assert (shown or "").replace("\n", "") == seen
