"""An announcement is read from its first moment to its last, on every page of families."""

from datetime import timedelta

import pytest
import time_machine

from clinic.centres import announcements
from clinic.db import db
from tests.makes import NOON
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
TEXT = "台风来了，今天下午停诊。"
HOUR = timedelta(hours=1)
PAGES = ("/", "/pediatrics/", "/centres/{code}")


@pytest.fixture
def world(both):
    found = World(hours={})
    found.child  # noqa: B018 - the family
    return found


def announce(world, starts_at=NOON, ends_at=NOON + HOUR):
    made = announcements.announce(
        world.centre,
        text_zh=TEXT,
        text_en="",
        starts_at=starts_at,
        ends_at=ends_at,
        by=world.manager,
        now=NOON,
    )
    db.session.commit()
    return made


def shown(app, world):
    """On which of the pages it stands now."""
    found = set()
    for page in PAGES:
        client = app.test_client()
        if page == "/pediatrics/":
            client.sign_in(world.parent)
        if TEXT in client.page(page.format(code=world.centre.code)).words:
            found.add(page)
    return found


@pytest.mark.parametrize(("minutes", "is_shown"), [(-1, False), (0, True), (59, True), (60, False)])
def test_it_is_shown_while_it_is_true(both, world, minutes, is_shown):
    announce(world)
    with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
        assert shown(both, world) == (set(PAGES) if is_shown else set())


def test_one_that_was_ended_is_gone_at_once(both, world):
    made = announce(world)
    assert shown(both, world) == set(PAGES)
    announcements.end(made, by=world.manager, now=NOON)
    db.session.commit()
    assert shown(both, world) == set()


def test_the_kept_page_of_times_changes_with_it(both, world):
    """A browser that keeps the page reads of it at once, at its beginning, and of its end."""
    client = both.test_client().sign_in(world.parent)

    def look(before=None):
        condition = {"If-None-Match": before.headers["ETag"]} if before else {}
        return client.page("/pediatrics/", status=None, headers=condition)

    plain = look()
    assert look(plain).status == 304
    announce(world, starts_at=NOON + HOUR, ends_at=NOON + 2 * HOUR)
    before = look(plain)
    assert (before.status, TEXT in before.words) == (200, False)
    assert look(before).status == 304
    with time_machine.travel(NOON + HOUR, tick=False):
        during = look(before)
        assert (during.status, TEXT in during.words) == (200, True)
    with time_machine.travel(NOON + 2 * HOUR, tick=False):
        after = look(during)
        assert (after.status, TEXT in after.words) == (200, False)
