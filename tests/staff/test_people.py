"""Who works at a centre, as its manager and an administrator see and change it."""

from datetime import timedelta

import pytest
import time_machine

from clinic.accounts import memberships
from clinic.accounts.models import FormerMembership, Profession, Role
from clinic.accounts.queries import find_user
from clinic.audit import AuditEvent
from clinic.calendar import feeds
from clinic.centres.models import Practitioner
from clinic.db import db
from tests.makes import NOON, make_centre, make_practitioner, make_service, make_user
from tests.queries import count_queries
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
LATER = NOON + timedelta(days=3)


class Staffed(World):
    """A world whose practitioner signs in, beside a receptionist and a manager."""

    def __init__(self):
        super().__init__(hours={})
        self.doctor = make_user(Role.CLINICIAN, centre=self.centre, name="陈禾田")
        self.practitioner.user = self.doctor
        self.receptionist = make_user(Role.RECEPTION, centre=self.centre, name="林晓")
        self.address = f"/staff/{self.centre.code}"
        db.session.commit()

    def person(self, user):
        return f"{self.address}/people/{user.id}"


@pytest.fixture
def world(both):
    return Staffed()


@pytest.fixture
def manager(both, world):
    return both.test_client().sign_in(world.manager)


def test_a_manager_sees_who_works_here_and_filters_by_links(world, manager):
    make_practitioner([world.service], centre=world.centre, name_zh="吴曼")
    page = manager.page(world.address)
    assert page.rows("tbody th") == ["陈医生", "林晓", "王芳", "吴曼"]
    assert page.click("医生 1").rows("tbody th") == ["陈医生"]
    assert page.click("没有登录账户 1").rows("tbody th") == ["吴曼"]


def test_the_list_costs_the_same_for_any_number(world, manager):
    few = count_queries(lambda: manager.page(world.address))
    for _ in range(5):
        make_practitioner(
            [make_service()],
            centre=world.centre,
            user=make_user(Role.CLINICIAN, centre=world.centre),
        )
        make_user(Role.RECEPTION, Role.MANAGER, centre=world.centre)
    assert count_queries(lambda: manager.page(world.address)) == few


def test_an_administrator_sees_every_centre_and_a_stranger_none(both, world):
    for role, status in ((Role.ADMIN, 200), (Role.MANAGER, 404), (Role.RECEPTION, 403)):
        user = make_user(role, centre=make_centre())
        client = both.test_client().sign_in(user)
        assert client.page(world.address, status=None).status == status
        assert client.page(world.person(world.doctor), status=None).status == status


def change(client, world, user, **typed):
    return client.page(f"{world.person(user)}/roles").form(holding="roles").fill(**typed).submit()


def test_a_profession_changes_at_once_and_what_it_was_is_kept(world, manager):
    with time_machine.travel(LATER, tick=False):
        manager.sign_in(world.manager)  # roles change only after a proof of the last minutes
        assert change(manager, world, world.doctor, profession="tcm").status == 303
    (held,) = find_user(world.doctor.phone).held
    assert held.profession is Profession.TCM
    (was,) = db.session.query(FormerMembership)
    assert (was.role, was.profession, was.until) == (Role.CLINICIAN, Profession.DOCTOR, LATER)
    assert was.ended_by_id == world.manager.id


def test_an_unchanged_form_changes_nothing(world, manager):
    before = db.session.query(AuditEvent).count()
    page = change(manager, world, world.doctor).follow()
    assert "没有改动" in page.words
    assert db.session.query(AuditEvent).count() == before
    assert db.session.query(FormerMembership).count() == 0


def test_a_receptionist_becomes_a_clinician_who_is_on_the_rota(world, manager):
    page = change(manager, world, world.receptionist, roles=["reception", "clinician"])
    assert set(page.errors) == {"profession", "practitioner"}
    typed = {"profession": "nurse", "practitioner": "new", "name_zh": "林晓"}
    page = page.form(holding="roles").fill(**typed).submit()
    assert set(page.errors) == {"name_en", "title_zh", "title_en"}
    typed = {"name_en": "Lin Xiao", "title_zh": "护师", "title_en": "Nurse", "languages": ["cmn"]}
    assert page.form(holding="roles").fill(**typed).submit().status == 303
    made = db.session.query(Practitioner).filter_by(user_id=world.receptionist.id).one()
    assert (made.centre_id, made.title_zh, made.languages) == (world.centre.id, "护师", ["cmn"])
    assert world.receptionist.roles == {Role.RECEPTION, Role.CLINICIAN}


def leave(client, world, user):
    return client.page(f"{world.person(user)}/leaving").form(holding="不再在本中心工作").submit()


def test_whoever_leaves_is_out_at_once(both, world, manager):
    world.book()
    secret = feeds.open_feed(world.doctor, now=NOON)
    doctor = both.test_client().sign_in(world.doctor)
    doctor.page("/calendar/")
    page = manager.page(f"{world.person(world.doctor)}/leaving")
    assert "还有1个预约" in page.words
    assert leave(manager, world, world.doctor).status == 303
    again = doctor.page("/calendar/week", status=303)
    assert again.location.startswith("/sign-in")
    assert both.test_client().get(f"/calendar/feeds/{secret}.ics").status_code == 404
    db.session.expire_all()
    assert world.doctor.roles == set()
    assert "还有1个预约" in manager.page(world.person(world.doctor)).words
    assert "陈医生" not in manager.page(world.address).rows("tbody th")
    assert "陈医生" in manager.page(f"{world.address}?state=left").rows("tbody th")


def test_a_role_at_another_centre_keeps_the_account(both, world, manager):
    elsewhere = make_centre()
    user = make_user(Role.RECEPTION, Role.CLINICIAN, centre=world.centre)
    memberships.give(user, Role.RECEPTION, elsewhere.id, by=world.manager, now=NOON)
    db.session.commit()
    leave(manager, world, user)
    db.session.expire_all()
    assert {(held.role, held.centre_id) for held in user.held} == {(Role.RECEPTION, elsewhere.id)}


def test_own_roles_stay(world, manager):
    page = manager.page(f"{world.person(world.manager)}/leaving")
    assert not page.has_form(holding="不再在本中心工作") or "只能由别人取消" in page.words
    answer = manager.post(f"{world.person(world.manager)}/leaving", tampered=True)
    assert answer.status_code == 422
    page = change(manager, world, world.manager, roles=["reception"])
    assert page.status == 422
    assert "不能取消自己的角色" in page.words
    assert world.manager.roles == {Role.MANAGER}


def test_the_last_manager_is_warned_about(both, world):
    admin = both.test_client().sign_in(make_user(Role.ADMIN))
    address = f"{world.person(world.manager)}/leaving"
    assert "最后一位经理" in admin.page(address).words
    make_user(Role.MANAGER, centre=world.centre)
    assert "最后一位经理" not in admin.page(address).words


def test_whoever_moves_has_the_same_roles_there_and_none_here(both, world):
    to = make_centre()
    admin = both.test_client().sign_in(make_user(Role.ADMIN))
    form = admin.page(world.person(world.doctor)).form(holding="to")
    assert form.fill(to=to.code).submit().follow().status == 200
    db.session.expire_all()
    (held,) = world.doctor.held
    assert (held.role, held.centre_id) == (Role.CLINICIAN, to.id)
    there = db.session.query(Practitioner).filter_by(centre_id=to.id).one()
    assert (there.user_id, there.name_zh, there.services) == (world.doctor.id, "陈医生", [])


def test_a_manager_moves_to_centres_of_their_own_only(world, manager):
    assert not manager.page(world.person(world.doctor)).has_form(holding="to")
    data = {"to": make_centre().code}
    manager.post(f"{world.person(world.doctor)}/move", data=data, tampered=True)
    db.session.expire_all()
    assert world.doctor.centre_ids(Role.CLINICIAN) == {world.centre.id}


def test_a_clinician_is_described_and_an_unchanged_form_changes_nothing(world, manager):
    address = f"{world.address}/clinicians/{world.practitioner.id}"
    before = db.session.query(AuditEvent).count()
    manager.page(address).form(holding="title_zh").submit()
    assert db.session.query(AuditEvent).count() == before
    typed = {
        "fields_zh": "哮喘、过敏",
        "fields_en": "Asthma, allergies",
        "languages": ["cmn", "wuu"],
    }
    manager.page(address).form(holding="title_zh").fill(**typed).submit()
    db.session.expire_all()
    assert (world.practitioner.fields_zh, world.practitioner.languages) == (
        "哮喘、过敏",
        ["cmn", "wuu"],
    )
    page = manager.page(address).form(holding="title_zh").fill(title_zh="").submit()
    assert set(page.errors) == {"title_zh"}
