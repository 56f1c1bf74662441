"""Links that are shown once: a new password for a colleague, a family's first sign-in."""

from datetime import timedelta

import pytest
import time_machine

from clinic.accounts import one_time_links, passwords
from clinic.accounts.models import Role, User
from clinic.audit import AuditEvent
from clinic.db import db
from clinic.families.queries import has_consented
from tests.makes import NOON, make_centre, make_child, make_guardianship, make_user
from tests.staff.test_invitations import PASSWORD, link_on
from tests.staff.test_people import Staffed

pytestmark = pytest.mark.usefixtures("noon")
SEEN = {"of_guardian": "identity-card", "of_child": "birth-certificate"}


@pytest.fixture
def world(both):
    return Staffed()


@pytest.fixture
def manager(both, world):
    return both.test_client().sign_in(world.manager)


@pytest.fixture
def desk(both, world):
    return both.test_client().sign_in(world.receptionist)


def reset_link(client, world, user):
    return link_on(client.page(world.person(user)).press("设置新密码的链接"))


def test_a_manager_gives_a_colleague_a_new_password(both, world, manager):
    before = both.test_client().sign_in(world.doctor)
    link = reset_link(manager, world, world.doctor)
    form = both.test_client().page(link).form(holding="new_password")
    assert form.fill(new_password="短").submit().status == 422
    answer = form.fill(new_password=PASSWORD).submit()
    assert answer.location == "/sign-in/password"
    db.session.expire_all()
    assert passwords.is_password(world.doctor.password_hash, PASSWORD)
    assert before.page("/calendar/", status=303).location.startswith("/sign-in")
    both.test_client().page(link, status=404)


def test_a_link_for_a_password_is_good_for_a_day_and_the_last_one_counts(both, world, manager):
    first, second = (reset_link(manager, world, world.doctor) for _ in range(2))
    both.test_client().page(first, status=404)
    for hours, status in ((23, 200), (24, 404)):
        with time_machine.travel(NOON + timedelta(hours=hours), tick=False):
            both.test_client().page(second, status=status)


def test_a_manager_resets_nobody_who_may_more_than_this_centre(both, world, manager):
    others = [
        make_user(Role.MANAGER, centre=world.centre),
        make_user(Role.RECEPTION, Role.PARENT, centre=world.centre),
        world.manager,
    ]
    admin = both.test_client().sign_in(make_user(Role.ADMIN))
    for user in others:
        address = f"{world.person(user)}/password-link"
        assert "设置新密码的链接" not in manager.page(world.person(user)).words
        manager.post(address, tampered=True)
        assert "设置新密码的链接" in admin.page(world.person(user)).words
    elsewhere = make_user(Role.RECEPTION, centre=world.centre)
    elsewhere.memberships[0].centre_id = make_centre().id
    db.session.commit()
    manager.post(f"{world.person(elsewhere)}/password-link", tampered=True)
    assert db.session.query(one_time_links.OneTimeLink).count() == 0


@pytest.fixture
def family(world):
    """A visit of a child whose mother was registered at the desk."""
    mother = make_user(name="王芳", claimed_at=None)
    child = make_child(mother)
    father = make_user(name="李强", claimed_at=NOON)
    make_guardianship(father, child)
    return world.book(child=child)


def slip(desk, visit, **typed):
    form = desk.page(f"/desk/appointments/{visit.id}").click("登录单").form(holding="of_child")
    return form.fill(**SEEN | {"guardian": str(mother_of(visit).id)} | typed).submit()


def mother_of(visit):
    return next(each.user for each in visit.child.guardianships if each.is_first)


def code_on(page):
    (code,) = page.rows(".reference")
    return code


def come_in(client, code, **typed):
    page = client.page("/sign-in/slip").form(holding="code").fill(code=code).submit()
    form = page.follow().form(holding="privacy")
    agreed = {"privacy": True, "children_under_14": True}
    return form.fill(**{"password": PASSWORD} | agreed | typed).submit()


def test_a_family_registered_at_the_desk_comes_in_by_a_slip(both, family, desk):
    code = code_on(slip(desk, family))
    client = both.test_client()
    assert come_in(client, code.lower().replace("-", " ")).follow().status == 200
    assert family.child.name in client.page("/family").words
    mother = mother_of(family)
    db.session.refresh(mother)
    assert passwords.is_password(mother.password_hash, PASSWORD)
    assert mother.claimed_at == NOON
    assert has_consented(mother)
    event = db.session.query(AuditEvent).filter_by(action="make sign-in slip").one()
    assert (event.subject_id, event.centre_id) == (mother.id, family.centre_id)
    assert event.details["papers"] == ["identity-card", "birth-certificate"]
    again = both.test_client().page("/sign-in/slip").form(holding="code").fill(code=code).submit()
    assert (again.status, set(again.errors)) == (422, {"code"})


def test_the_qr_code_leads_to_the_code_and_uses_nothing_up(both, family, desk):
    shown = slip(desk, family)
    page = both.test_client().page(link_on(shown))
    assert page.values("#code", "value") == [code_on(shown)]
    assert come_in(both.test_client(), code_on(shown)).status == 303


def test_which_papers_were_seen_is_said_for_each_slip(family, desk):
    page = desk.page(f"/desk/appointments/{family.id}/sign-in-slip")
    assert not any(page.values("main [checked]", "name"))
    page = page.form(holding="of_child").submit()
    assert set(page.errors) == {"guardian", "of_guardian", "of_child"}


def test_a_slip_is_for_whoever_never_signed_in(family, desk):
    page = desk.page(f"/desk/appointments/{family.id}/sign-in-slip")
    assert "李强" not in page.rows(".choice")
    mother_of(family).claimed_at = NOON
    db.session.commit()
    page = desk.page(f"/desk/appointments/{family.id}/sign-in-slip")
    assert "不需要登录单" in page.words


def test_a_slip_is_worth_nothing_once_the_phone_was_proved(both, family, desk):
    code = code_on(slip(desk, family))
    client = both.test_client()
    page = client.page("/sign-in/slip").form(holding="code").fill(code=code).submit().follow()
    mother_of(family).claimed_at = NOON
    db.session.commit()
    agreed = {"password": PASSWORD, "privacy": True, "children_under_14": True}
    answer = page.form(holding="privacy").fill(**agreed).submit()
    assert answer.location == "/sign-in"
    assert "已经自己登录过" in answer.follow().words
    db.session.expire_all()
    assert mother_of(family).password_hash is None


def test_a_slip_is_good_for_two_days_and_a_newer_one_voids_it(both, family, desk):
    first, second = (code_on(slip(desk, family)) for _ in range(2))
    late = NOON + timedelta(hours=48)
    for code, now in ((first, NOON), (second, late)):
        with time_machine.travel(now, tick=False):
            form = both.test_client().page("/sign-in/slip").form(holding="code")
            assert form.fill(code=code).submit().status == 422


def test_guessing_is_slowed_down(both, family, desk):
    code = code_on(slip(desk, family))
    form = both.test_client().page("/sign-in/slip").form(holding="code")
    for _ in range(60):
        assert form.fill(code="BBBBB-BBBBB").submit().status == 422
    assert form.fill(code=code).submit().status == 429


def test_a_slip_of_another_centre_is_not_made(both, family):
    other = both.test_client().sign_in(make_user(Role.RECEPTION, centre=make_centre()))
    other.page(f"/desk/appointments/{family.id}/sign-in-slip", status=404)
    assert db.session.query(User).filter(User.password_hash.is_not(None)).count() == 0
