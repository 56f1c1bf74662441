"""A child that was stored with a name that cannot be seen locks nobody out."""

import pytest
import time_machine

from clinic.accounts.models import Role
from clinic.db import db
from clinic.families.models import Child
from tests.makes import make_child, make_user
from tests.whole_site import NOW, make_world


@pytest.mark.parametrize("name", ["", " ", "\u3000", "\u202e", "\n"])
def test_a_family_with_a_bad_name_can_mend_it(both, name):
    client = both.test_client().sign_in(parent := make_user())
    child = make_child(parent, name=name)
    for address in ("/", "/family", "/pediatrics/", f"/family/children/{child.id}/plan"):
        assert client.page(address).tree.css_first("h1")
    page = client.page(f"/family/children/{child.id}")
    assert page.form().submit().status == 422
    assert page.form().fill(name="王 一禾").submit().location == "/family"
    assert child.name == "王一禾"


def test_staff_can_press_a_bad_name(app):
    with time_machine.travel(NOW, tick=False):
        world = make_world()
        db.session.query(Child).update({"name": ""})
        db.session.commit()
        for role, address in ((Role.RECEPTION, "/desk/"), (Role.CLINICIAN, "/calendar/")):
            page = app.test_client().sign_in(world.people[role]).page(address)
            links = page.tree.css("main a[href*='/appointments/']")
            assert links
            assert all(link.text().strip() for link in links)
