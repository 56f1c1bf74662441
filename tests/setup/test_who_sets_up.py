"""Administrators set up every centre, managers their own, and nobody else any."""

from clinic.accounts.models import Role
from clinic.accounts.passwords import hash_password
from tests.makes import make_centre, make_user


def test_an_administrator_sees_every_centre(both):
    centres = [make_centre(), make_centre()]
    client = both.test_client().sign_in(make_user(Role.ADMIN))
    page = client.page("/setup/")
    for centre in centres:
        assert centre.name_zh in page.click(centre.name_zh).words


def test_a_manager_is_led_to_the_own_centre_and_finds_no_other(both):
    own, other = make_centre(), make_centre()
    client = both.test_client().sign_in(make_user(Role.MANAGER, centre=own))
    assert own.name_zh in client.page("/setup/", status=303).follow().words
    client.page(f"/setup/centres/{other.code}", status=404)


def test_the_day_of_an_administrator_begins_with_set_up(client):
    make_user(Role.ADMIN, email="admin@example.cn", password_hash=hash_password("correct horse"))
    form = client.page("/sign-in/password").form(holding="password")
    page = form.fill(contact="admin@example.cn", password="correct horse").submit()
    assert "还没有中心" in page.follow().words
