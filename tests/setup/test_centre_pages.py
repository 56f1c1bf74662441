"""A centre is founded and changed on pages; what is odd is refused beside its field."""

import pytest

from clinic.accounts.models import Role
from clinic.centres.models import Centre
from clinic.db import db
from tests.makes import make_centre, make_user

FACTS = {
    "name_zh": "翠苑中心",
    "name_en": "Cuiyuan Centre",
    "code": "cuiyuan",
    "district": "西湖区",
    "address_zh": "文一路18号",
    "address_en": "18 Wenyi Road",
    "phone": "0571-8700 0000",
    "place": "30.2841，120.1255",
}


def founded(client, **changes):
    form = client.page("/setup/centres/new").form(holding="name_zh")
    return form.fill(FACTS | changes).submit()


def test_an_administrator_founds_a_centre(both):
    client = both.test_client().sign_in(make_user(Role.ADMIN))
    assert "翠苑中心" in founded(client).follow().words
    centre = db.session.query(Centre).one()
    assert (centre.latitude, centre.longitude, centre.opened_at) == (30.2841, 120.1255, None)
    page = client.page("/setup/centres/cuiyuan/facts").form(holding="name_zh").submit()
    assert page.status == 303
    page = client.page("/setup/centres/cuiyuan/facts").form(holding="name_zh")
    page.fill(code="cui-yuan", place="").submit().follow()
    centre = db.session.query(Centre).one()
    assert (centre.code, centre.latitude) == ("cui-yuan", 30.26)  # the middle of the district


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("code", "New Centre!", "小写字母"),
        ("code", "new", "小写字母"),
        ("code", "a--b", "小写字母"),
        ("code", "zhaohui", "已有"),
        ("name_zh", "", "名称"),
        ("phone", "12", "电话"),
        ("place", "文一路", "30.2741"),
        ("place", "120.15,30.27", "30.27, 120.15"),
        ("place", "52.5, 13.4", "很远"),
        ("map_url", "http://amap.example/x", "https"),
        ("map_url", "javascript:alert(1)", "https"),
    ],
)
def test_what_is_odd_is_refused_beside_its_field(client, field, typed, says):
    make_centre(code="zhaohui")
    client.sign_in(make_user(Role.ADMIN))
    page = founded(client, **{field: typed})
    assert page.status == 422
    assert set(page.errors) == {field}
    assert says in page.errors[field]
    assert page.form(holding="name_zh").fields["name_en"] == "Cuiyuan Centre"
    assert db.session.query(Centre).count() == 1


def test_the_address_of_an_open_centre_stays(client):
    centre = make_centre(code="zhaohui", map_url="")
    client.sign_in(make_user(Role.MANAGER, centre=centre))
    form = client.page("/setup/centres/zhaohui/facts").form(holding="name_zh")
    page = form.fill(code="zhao-hui", name_en="Zhaohui").submit()
    assert (page.status, set(page.errors)) == (422, {"code"})
    db.session.refresh(centre)
    assert centre.code == "zhaohui"
    assert centre.name_en != "Zhaohui"


def test_only_administrators_found_centres(client):
    client.sign_in(make_user(Role.MANAGER, centre=make_centre()))
    client.page("/setup/centres/new", status=403)
