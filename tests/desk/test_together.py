"""Several at the desk, names that are rare, and what the trail tells of a visit."""

import pytest

from clinic.accounts.models import Role
from clinic.clock import clinic_day
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling.status import Status, status_of
from tests.desk.test_desk_pages import WALK_IN
from tests.makes import NOON, make_child, make_user
from tests.pages import rows

pytestmark = pytest.mark.usefixtures("noon")
TODAY = clinic_day(NOON)


def test_only_the_arrivals_may_use_a_camera(desk, visit):
    cameras = {
        path: desk.get(path).headers["Permissions-Policy"].split(",")[0]
        for path in (
            "/desk/",
            "/desk/walk-in",
            "/desk/queue",
            f"/desk/appointments/{visit.id}",
            "/",
        )
    }
    assert {path for path, said in cameras.items() if said == "camera=(self)"} == {"/desk/"}
    assert set(cameras.values()) == {"camera=(self)", "camera=()"}
    found = desk.post("/desk/search", data={"q": "wyh"})
    assert found.headers["Permissions-Policy"].startswith("camera=(self),")


def test_a_name_with_a_dot_is_the_same_child_however_the_dot_is_typed(desk, service, slot):
    parent = make_user(phone="+8613900139000")
    child = make_child(parent, name="阿依古丽·买买提")
    data = WALK_IN | {"service": service.id, "slot": slot.id, "birth_date": child.birth_date}
    desk.post("/desk/walk-in", data=data | {"name": "阿依古丽 • 买买提"})
    assert [child.name for child in db.session.query(Child)] == ["阿依古丽·买买提"]


def test_a_rare_name_is_the_same_from_the_walk_in_to_the_slip(desk, app, service, slot):
    data = WALK_IN | {"service": service.id, "slot": slot.id, "name": "𬱖㛃"}
    slip = desk.get(desk.post("/desk/walk-in", data=data).location).text
    assert "𬱖㛃" in slip
    for typed in ("𬱖", "dijie", "dj"):
        assert "𬱖㛃" in desk.post("/desk/search", data={"q": typed}).text, typed
    assert "𬱖㛃" in desk.get("/desk/queue?station=doctor&room=").text
    wall = app.test_client().get(f"/desk/screen/{slot.centre.code}").text
    assert "A001" in wall
    assert not {"𬱖", "㛃"} & set(wall)


@pytest.mark.parametrize("page", ["cancellation", "move"])
def test_what_another_desk_did_meanwhile_is_not_lost(app, desk, centre, visit, slot, page):
    other_desk = app.test_client().sign_in(make_user(Role.RECEPTION, centre=centre))
    url, before = f"/desk/appointments/{visit.id}", visit.slot_id
    shown = desk.page(f"{url}/{page}?day={TODAY.isoformat()}")
    other_desk.page(url).form(action="/arrival").submit()
    if page == "move":
        answer = shown.form(holding="slot").submit(str(slot.clinic_session.slots[2].id))
    else:
        answer = shown.form().fill(reason="发烧").submit()
    assert answer.status in (409, 422)
    assert answer.rows(".notice-bad:not([hidden])")
    assert (status_of(visit), visit.slot_id) == (Status.ARRIVED, before)


def test_a_visit_says_who_did_what(app, desk, centre, visit, slot):
    other_desk = app.test_client().sign_in(make_user(Role.RECEPTION, centre=centre, name="二号台"))
    url = f"/desk/appointments/{visit.id}"
    to = slot.clinic_session.slots[2]
    shown = desk.page(f"{url}/move?day={TODAY.isoformat()}").form(holding="slot").submit(str(to.id))
    shown.press("改期")
    other_desk.post(f"{url}/arrival")
    desk.post(f"{url}/arrival/undo")
    other_desk.post(f"{url}/cancellation", data={"reason": "发烧"})
    listed = rows(desk.get(url).text, "[aria-labelledby=history] li")
    done = [tuple(one.split()[0] for one in line.split(" · ")[1:3]) for line in listed]
    assert done == [
        ("预约", "王芳"),
        ("改期", "前台"),
        ("签到", "二号台"),
        ("撤销签到", "前台"),
        ("取消", "二号台"),
    ]
    assert any("原为" in line for line in listed)


def test_notes_of_two_desks_are_both_kept(app, desk, centre):
    other_desk = app.test_client().sign_in(make_user(Role.RECEPTION, centre=centre))
    for who, text in ((desk, "冰箱报警"), (other_desk, "二号窗口缺纸")):
        assert who.post("/desk/end", data={"text": text}).status_code == 303
    page = desk.get("/desk/end").text
    assert "冰箱报警" in page
    assert "二号窗口缺纸" in page
