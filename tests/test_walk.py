"""Every page of the site is opened by everybody who may, and its forms are sent as they stand and empty.

A form may refuse, but then it says why, keeps what was typed and changes nothing. A form that
edits what is on record is taken as it stands, and that changes nothing either.
"""

import re
import shutil

import pytest
import time_machine
from flask import Request

from clinic.accounts.models import Role
from clinic.db import db
from tests.walking import ReadingRequest, Walk, lost
from tests.world import NOW, STAFF, make_world

REFUSED = (409, 422)
TAKEN = (200, 204, 303)
SAID = ".error, .error-summary, .notice-bad:not([hidden]), .notice-warn"
# Forms that show what is on record, to be changed.
EDITS = {
    "checkups.before",
    "checkups.check",
    "checkups.parents_heights",
    "checkups.spine",
    "families.edit_child",
    "manage.rota_rule",
    "vaccination.reaction",
}
# What a page sends in some of its states only, which are not those of the world.
SOMETIMES = {
    "checkups.check": r"(accept|sure|take)-.*|referral",  # after a doubt, or beside another's entry
    "desk.walk_in": "without",  # doses
    "families.consents": "privacy|children_under_0",  # after both were withdrawn
    "checkups.hold": "move|need|with",
    "pediatrics.hold": "need|then|with",
    "rehab.hold": "need|then|with",
    "vaccination.hold": "then|with",
}


@pytest.fixture(scope="module")
def world(sites, tmp_path_factory):
    """The path of a SQLite database with the world, its names, and the cookies of its people."""
    path = tmp_path_factory.mktemp("world") / "clinic.sqlite3"
    for app in sites.fresh("sqlite"):
        with time_machine.travel(NOW, tick=False):
            made = make_world()
            name = app.config["SESSION_COOKIE_NAME"]
            cookies = {
                role: app.test_client().sign_in(who).get_cookie(name)
                for role, who in made.people.items()
            }
        db.session.remove()
        db.engine.dispose()  # the last connection to close folds the write-ahead log into the file
        shutil.copy(sites.path, path)
    return path, made.names, cookies


@pytest.fixture(params=[Role.PARENT, *STAFF])
def role(request):
    return request.param


@pytest.fixture
def walk(sites, world, role):
    rows, _names, cookies = world
    for app in sites.fresh("sqlite", rows):
        client = app.test_client()
        client.set_cookie(cookies[role].key, cookies[role].decoded_value)
        with time_machine.travel(NOW, tick=False):
            app.request_class = ReadingRequest
            yield Walk(app, client, rows)
            app.request_class = Request


def test_every_form_is_sent_unchanged_and_empty(walk, world, role):
    faults, known = [], set()
    for page, linked_from in walk.pages(world[1], role):
        is_lost = linked_from and page.status in (400, 403, 404, 405)
        if page.status >= 500 or is_lost:
            faults.append(f"{page!r}, linked from {linked_from}")
        if page.status != 200 or page.response.mimetype != "text/html":
            continue
        for sending in walk.sendings(page, known):
            answer, found = walk.send(sending)
            if fault := what_is_wrong(walk, sending, answer, found):
                faults.append(f"{sending}: {answer.status} {fault} {answer.errors}")
    for view, names in walk.asked_for.items():
        sometimes = re.compile(SOMETIMES.get(view, "") + "|.*csrf_token")
        if unsent := {one for one in names - walk.shown[view] if not sometimes.fullmatch(one)}:
            faults.append(f"{view} asks for {sorted(unsent)}, which no page sends")
    assert not faults, "\n".join(faults)


def what_is_wrong(walk, sending, answer, found):
    """Why an answer to a form is not right, or None."""
    if answer.status in REFUSED:
        if found:
            return f"refused, and changed {found}"
        if not answer.rows(SAID):
            return "refused without a word"
        if not sending.by_htmx and (gone := lost(sending, answer)):
            return f"lost {gone}"
    elif answer.status not in TAKEN:
        return "not an answer to a form that the page shows"
    elif found and not sending.is_empty and walk.view_of(sending) in EDITS:
        return f"unchanged, and changed {found}"
    return None
