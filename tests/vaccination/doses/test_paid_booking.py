"""A paid vaccine is booked like any other: on legal days, where it is to be had, when it is asked for."""

import pytest
from sqlalchemy import select

from clinic.db import db
from clinic.vaccination.stock import lots
from clinic.vaccination.stock.models import VaccineLot, VaccineProduct
from tests.makes import NOON, TOMORROW
from tests.vaccination.doses.site import Site

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def site(app):
    return Site(app)


def page(site, code):
    address = f"/vaccination/?child={site.child.id}&need={site.child.id}.{code}&day={TOMORROW}"
    return site.client.get(address).text


def test_it_is_offered_when_it_is_asked_for_and_marked_as_paid(site):
    assert "自费·自愿" in page(site, "EV71")
    assert "自费·自愿" not in site.client.get(f"/vaccination/?child={site.child.id}").text


def test_a_vaccine_past_its_age_is_refused(site):
    assert "已超过接种年龄" in page(site, "RV5")


def offered(text):
    return text.count('name="slot')


def test_what_no_centre_has_is_not_offered(site):
    assert offered(page(site, "EV71")) > 0
    of_it = VaccineLot.product.has(VaccineProduct.vaccine == "EV71")
    for lot in db.session.scalars(select(VaccineLot).where(of_it)).all():
        lots.recall(lot, "运输途中温度超标", by=site.parent, now=NOON)
    db.session.commit()
    assert offered(page(site, "EV71")) == 0


def test_it_is_reserved_like_any_other(site):
    text = page(site, "EV71")
    assert f'value="{site.child.id}.EV71"' in text
