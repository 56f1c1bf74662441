"""A centre copies from another what they have in common, as it was shown; people stay where they are."""

from datetime import time

import pytest

from clinic.accounts.models import Role
from clinic.centres.models import CentreService, OpeningHours, Practitioner, Room
from clinic.db import db
from clinic.scheduling.models import PolicyRow
from clinic.scheduling.policies.stored import policy_for, set_policy
from clinic.setup import copying
from clinic.setup.as_shown import ChangedMeanwhile
from tests.makes import NOON, make_centre, make_user
from tests.world import World

pytestmark = pytest.mark.usefixtures("both")


def city():
    """A centre that has everything, and a second one without anything."""
    world, second = World(), make_centre()
    world.centre.opening_hours.append(OpeningHours(weekday=0, opens=time(8), closes=time(17)))
    set_policy(
        {"release_days": 9}, service=world.service, centre=world.centre, by=world.manager, now=NOON
    )
    db.session.commit()
    return world, second


def test_all_of_it_once():
    world, second = city()
    shown = copying.preview(world.centre, second, now=NOON)
    assert [len(rows) for rows in vars(shown).values()] == [1, 1, 1, 1]
    copying.copy(world.centre, second, shown.version, by=world.manager, now=NOON)
    db.session.commit()
    tables = (OpeningHours, Room, CentreService, PolicyRow)
    assert [db.session.query(one).filter_by(centre_id=second.id).count() for one in tables] == [
        1
    ] * 4
    assert policy_for(world.service.id, second.id).release_days == 9
    assert db.session.query(Practitioner).filter_by(centre_id=second.id).count() == 0
    assert copying.preview(world.centre, second, now=NOON).number == 0


def test_what_changed_since_it_was_shown_is_looked_at_again():
    world, second = city()
    version = copying.preview(world.centre, second, now=NOON).version
    db.session.add(Room(centre_id=world.centre.id, name_zh="新诊室", name_en="New room"))
    db.session.commit()
    with pytest.raises(ChangedMeanwhile):
        copying.copy(world.centre, second, version, by=world.manager, now=NOON)


def test_the_page_shows_it_and_does_it(both):
    world, second = city()
    client = both.test_client().sign_in(make_user(Role.ADMIN))
    page = client.page(f"/setup/centres/{second.code}/copy?source={world.centre.code}")
    assert world.room.name_zh in page.words
    page.form(holding="version").submit().follow()
    assert db.session.query(Room).filter_by(centre_id=second.id).one().name_zh == world.room.name_zh
