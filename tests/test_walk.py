"""Every page of the site is opened by everybody who may, and its forms are sent as they stand and empty.

A form may refuse, but then it says why, keeps what was typed and changes nothing. A form that
edits what is on record is taken as it stands, and that changes nothing either. A second click on a
form that was taken changes nothing more, and leads where the first one led.

It walks on SQLite, or with ENGINE=postgresql there (some ten minutes).
"""

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Request
from sqlalchemy import text

from clinic.accounts.kept_forms import NEVER_KEPT, NUMBERS
from clinic.accounts.models import Role
from clinic.accounts.sign_ins import AWAY_AFTER, PARENTS_MAY_REST
from clinic.app import ROOMS
from clinic.db import db
from tests.all_rows import PostgresRows, SqliteRows
from tests.conftest import ENGINE
from tests.walking import ReadingRequest, Walk, kind_of, lost, typed
from tests.whole_site import NOW, STAFF, make_world

pytestmark = pytest.mark.heavy("every page as each role")
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
    "setup.centre_policies",
    "setup.centre_services",
    "setup.city_policies",
    "setup.service",
    "setup.who_gives",
    "setup.centre",
    "setup.hours",
    "setup.room",
    "staff.describe",
    "staff.duties",
    "vaccination.reaction",
}
# By a page whose time had gone, by one of many centres, and by the plan of a course.
CARRIED = "begin|more|reason|sessions"
# What a page sends in some of its states only, which are not those of the world.
SOMETIMES = {
    "appointments.cancellation": "other",  # of a check and a vaccination in one visit
    **{f"{room.kind}.confirm": "other" for room in ROOMS},  # when such a visit is moved
    "desk.cancellation": "other",
    "desk.move": "other",
    "manage.move_visit": "other",
    "calendar.outcome": "early|left|without",  # after a doubt
    "checkups.check": r"(accept|sure|take)-.*|referral",  # after a doubt, or beside another's entry
    "desk.walk_in": "without",  # doses
    "families.consents": "privacy|children_under_0",  # after both were withdrawn
    "manage.add_week": "keep",  # where hours lie outside the opening hours
    "manage.rota_rule": "keep",
    "setup.hours": "keep",
    "checkups.hold": f"move|need|with|{CARRIED}",
    "pediatrics.hold": f"need|then|with|{CARRIED}",
    "rehab.hold": f"need|then|with|{CARRIED}",
    "vaccination.hold": f"then|with|{CARRIED}",
}


@pytest.fixture(scope="module")
def world(sites, tmp_path_factory):
    """The world's rows, its names, and the cookies of its people."""
    for app in sites.fresh(ENGINE):
        with time_machine.travel(NOW, tick=False):
            made = make_world()
            name = app.config["SESSION_COOKIE_NAME"]
            cookies = {
                role: app.test_client().sign_in(who).get_cookie(name)
                for role, who in made.people.items()
            }
        db.session.remove()
        db.engine.dispose()  # the last connection to close folds the write-ahead log into the file
        kept = sites.keep(ENGINE, tmp_path_factory.mktemp("world"))
    return kept, made.names, cookies


@pytest.fixture(params=[Role.PARENT, *STAFF])
def role(request):
    return request.param


@pytest.fixture
def walk(sites, world, role):
    kept, _names, cookies = world
    rows = PostgresRows(sites.server(), kept) if ENGINE == "postgresql" else SqliteRows(kept)
    for app in sites.fresh(ENGINE, kept):
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
            answer, found, second = walk.send(sending)
            if walk.view_of(sending) == "accounts.sign_out_everywhere":
                second = None  # who is out is asked to sign in
            if fault := what_is_wrong(walk, sending, answer, found) or second:
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


TYPED = {"date": "2026-03-05", "time": "10:35", "number": "7", "tel": "13900001234"}
ODD = "写到一半 <b>&\"'"


def filled_in(form):
    """The form with something typed into every field, and the last of every choice."""
    for control in form.controls:
        if control.kind in ("radio", "option"):
            control.chosen = (
                control is [each for each in form.controls if each.name == control.name][-1]
            )
        elif control.kind == "checkbox":
            control.chosen = not control.chosen
        elif control.kind not in ("hidden", "file") and "readonly" not in control.node.attributes:
            control.value = TYPED.get(control.kind, ODD)
    return form


def forms_to_fill(page, known):
    """The forms of a page that are posted and show a field, of a kind that was not met before."""
    if page.status == 200 and page.response.mimetype == "text/html":
        for form in page.forms:
            shows = any(control.kind != "hidden" for control in form.controls)
            is_private = not form.action.startswith("/sign-")
            kind = kind_of(form)
            if (
                form.method == "post"
                and form.buttons
                and shows
                and is_private
                and kind not in known
            ):
                known.add(kind)
                yield form


def kept_of(form):
    """What a person typed into it, but for what is never kept, and times: they are another service's."""
    not_kept = (*NEVER_KEPT, *NUMBERS, "slot")
    return {name: now for name, now in typed(form).items() if name not in not_kept}


def test_what_was_typed_comes_back_once_its_sender_is_there_again(walk, world, role):
    """Every form is filled in, and sent after the sign-in has expired."""
    faults, known, absence = [], set(), PARENTS_MAY_REST
    for page, _linked_from in walk.pages(world[1], role):
        for form in forms_to_fill(page, known):
            if not (sent := kept_of(filled_in(form))):
                continue
            form.buttons = form.buttons[:1]
            walk.client.was_there(NOW - absence - timedelta(minutes=1))
            late = form.submit(headers={"Referer": f"http://localhost{page.address}"})
            walk.client.was_there(NOW)
            again = walk.client.page(page.address, status=None)
            back = [kept_of(one) for one in again.forms if one.action == form.action]
            if not (late.location or "").startswith("/sign-in") or sent not in back:
                faults.append(f"{page!r}: {form} → {late!r} {late.location}: {sent} → {back}")
            walk.restore()
    assert known
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("role", STAFF, indirect=True)
def test_while_staff_are_away_no_page_names_a_child(walk, world, role):
    names = [name for (name,) in db.session.execute(text("SELECT name FROM children"))]
    walk.client.was_there(NOW - AWAY_AFTER - timedelta(minutes=1))
    for page, _linked_from in walk.pages(world[1], role):
        assert not any(name.encode() in page.response.data for name in names), page
