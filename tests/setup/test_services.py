"""The services of the city, what a centre offers of them, and who gives it there."""

from datetime import date, timedelta

import pytest

from clinic.accounts.models import Role
from clinic.centres.models import CentreService, Service
from clinic.db import db
from clinic.scheduling.models import Question
from tests.makes import (
    TOMORROW,
    make_centre,
    make_child,
    make_practitioner,
    make_service,
    make_user,
)
from tests.queries import count_queries
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
NEW = {
    "kind": "pediatrics",
    "code": "allergy-clinic",
    "name_zh": "过敏门诊",
    "name_en": "Allergy clinic",
    "bring_zh": "病历本\n以往检查结果",
    "minutes": "20",
    "min_age_months": "3",
    "max_age_months": "216",
    "price_fen": "35.5",
}


def as_admin(app):
    return app.test_client().sign_in(make_user(Role.ADMIN))


def as_manager(app, world):
    return app.test_client().sign_in(world.manager)


def service_of(code):
    return db.session.query(Service).filter_by(code=code).one()


def test_a_service_is_added_and_then_changed(both):
    admin = as_admin(both)
    page = admin.page("/setup/services").click("添加服务")
    page = page.form().fill(**NEW).submit().follow()
    assert "过敏门诊" in page.words
    page = page.click("过敏门诊").form().fill(price_fen="0", minutes="30").submit().follow()
    made = service_of("allergy-clinic")
    assert (made.price_fen, made.minutes, made.bring_zh) == (0, 30, "病历本\n以往检查结果")
    assert "免费" in page.words
    again = page.click("过敏门诊").form().submit().follow()
    assert "没有改动" in again.text


BAD = [
    ({"min_age_months": "9", "max_age_months": "3"}, "max_age_months", "从9到3个月"),
    ({"code": "Allergy Clinic"}, "code", "小写字母"),
    ({"code": "taken"}, "code", "已有服务"),
    ({"price_fen": "many"}, "price_fen", "以元为单位"),
    ({"kind": "vaccination", "price_fen": "20"}, "price_fen", "依法免费"),
    ({"minutes": "0"}, "minutes", "5到480"),
    ({"max_age_months": "999"}, "max_age_months", "0到216"),
    ({"name_en": ""}, "name_en", "请填写"),
]


@pytest.mark.parametrize(("typed", "field", "says"), BAD)
def test_what_is_wrong_is_said_at_its_field(app, typed, field, says):
    make_service(code="taken")
    page = as_admin(app).page("/setup/services/new").form().fill(**NEW | typed).submit()
    assert page.status == 422
    assert says in page.errors[field]
    assert page.form().fields["name_zh"] == "过敏门诊"
    assert not db.session.query(Service).filter_by(code="allergy-clinic").count()


def test_two_tabs_do_not_undo_each_other(both):
    admin, world = as_admin(both), World()
    address = f"/setup/services/{world.service.id}"
    first, second = admin.page(address).form(), admin.page(address).form()
    assert first.fill(minutes="20").submit().status == 303
    page = second.fill(name_zh="儿科普通门诊").submit()
    assert page.status == 422
    assert "另一个窗口" in page.words
    assert "20" in page.words
    assert page.form().submit().status == 303
    db.session.expire_all()
    assert (service_of(world.service.code).minutes) == 15  # as that tab says


def test_visits_outside_new_ages_are_told_first_and_asked_about(both):
    world = World(hours={})
    baby = make_child(make_user(), birth_date=date(2025, 12, 1))
    visit, other = world.book(0, child=baby), world.book(1)
    address = f"/setup/services/{world.service.id}"
    page = as_admin(both).page(address).form().fill(min_age_months="6").submit()
    assert "有1个已约就诊" in page.words
    assert visit.question is None
    assert page.form().submit().status == 303
    db.session.expire_all()
    assert (visit.question, other.question) == (Question.AGE, None)


def test_a_manager_ticks_what_the_centre_offers(both):
    world, more = World(), make_service("rehab", name_zh="运动训练")
    manager = as_manager(both, world)
    page = manager.page(f"/setup/centres/{world.centre.code}/services")
    form = page.form(holding="offered")
    form.fill(offered=[str(world.service.id), str(more.id)], **{f"price-{more.id}": "80"})
    page = form.submit().follow()
    assert db.session.get(CentreService, (world.centre.id, more.id)).price_fen == 8000
    page = page.form(holding="offered").fill(offered=[str(world.service.id)]).submit().follow()
    assert db.session.get(CentreService, (world.centre.id, more.id)) is None
    assert "没有改动" in page.form(holding="offered").submit().follow().text


def test_what_is_in_use_is_not_unticked_and_it_is_said_by_what(both):
    world = World(hours={})
    world.book(0)
    world.join()
    address = f"/setup/centres/{world.centre.code}/services"
    manager = as_manager(both, world)
    page = manager.page(address).form(holding="offered").fill(offered=[]).submit()
    said = page.errors["offered"]
    assert page.status == 422
    assert all(part in said for part in ("1个已约就诊", "1个班次", "1家在候补")), said
    page = manager.page(f"{address}/clinicians").form(holding="gives").fill(gives=[]).submit()
    assert "1个已约就诊" in page.errors["gives"]
    db.session.expire_all()
    assert world.centre.services == [world.service]
    assert world.practitioner.services == [world.service]


def test_a_vaccination_is_not_charged_for_and_the_reason_is_said(both):
    world = World("vaccination")
    page = as_manager(both, world).page(f"/setup/centres/{world.centre.code}/services")
    name = f"price-{world.service.id}"
    assert "依法免费" in page.words
    form = page.form(holding="offered").fill({name: "20"}, tampered=True)
    assert "依法免费" in form.submit().errors[name]


def test_who_gives_what_is_ticked_in_a_table(both):
    world, more = World(), make_service("rehab")
    colleague = make_practitioner([], centre=world.centre, name_zh="吴医生")
    world.centre.services = [world.service, more]
    address = f"/setup/centres/{world.centre.code}/services/clinicians"
    manager = as_manager(both, world)
    first, second = (manager.page(address).form(holding="gives") for _ in range(2))
    gives = [f"{world.practitioner.id}-{world.service.id}", f"{colleague.id}-{more.id}"]
    first.fill(gives=gives).submit().follow()
    assert colleague.services == [more]
    page = second.fill(gives=[*gives, f"{colleague.id}-{world.service.id}"]).submit()
    assert "另一个窗口" in page.words
    page.form(holding="gives").submit().follow()
    db.session.expire_all()
    assert colleague.services == [world.service, more]


def test_only_its_own_manager_says_what_a_centre_offers(app):
    world, other = World(), make_centre()
    manager = as_manager(app, world)
    for page in ("services", "services/clinicians"):
        manager.page(f"/setup/centres/{other.code}/{page}", status=404)
    manager.page("/setup/services", status=403)


def test_the_pages_ask_as_much_for_many_services_as_for_one(app):
    world = World(hours={})
    manager = as_manager(app, world)
    address = f"/setup/centres/{world.centre.code}/services"

    def asked():
        return count_queries(lambda: [manager.page(address), manager.page(f"{address}/clinicians")])

    asked()
    few = asked()
    for number in range(10):
        given = make_service(code=f"more-{number}")
        practitioner = make_practitioner([world.service, given], centre=world.centre)
        world.open(TOMORROW + timedelta(days=1), practitioner)
    db.session.commit()
    assert asked() <= few
