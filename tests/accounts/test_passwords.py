"""Which passwords are good enough; chosen, changed, and their hashes kept up to date."""

import hashlib
import re

import pytest
from argon2 import PasswordHasher

from clinic.accounts import passwords
from clinic.accounts.choosing_passwords import set_password
from clinic.accounts.models import Role
from clinic.accounts.passwords import hash_password, is_password
from clinic.audit import AuditEvent
from clinic.clock import now
from clinic.db import db
from tests.accounts.test_sign_in import FINISH, prove
from tests.makes import make_user

pytestmark = pytest.mark.usefixtures("noon")
OLD, NEW = "long-enough", "three green frogs"
FANG = {"name": "王芳", "contacts": ["+8613800138000", "fang.wang@example.cn"]}

REFUSED = {
    "": passwords.TooShort,
    "9letters!": passwords.TooShort,
    "x" * 201: passwords.TooLong,
    "1234567890": passwords.TooCommon,
    "Basketball": passwords.TooCommon,
    "1QAZ2WSX3EDC": passwords.TooCommon,
    "13800138000": passwords.TooMuchLikeYou,
    "138 0013 8000!": passwords.TooMuchLikeYou,
    "wangfang1990": passwords.TooMuchLikeYou,
    "Fang-Wang-88": passwords.TooMuchLikeYou,
    "fang.wang@example.cn": passwords.TooMuchLikeYou,
    "王芳王芳王芳王芳王芳": passwords.TooMuchLikeYou,
    "seedling-2026": passwords.TooMuchLikeYou,
    "小禾儿童健康中心2026": passwords.TooMuchLikeYou,
}
GOOD = [NEW, "x7" * 100, "wang three frogs", "四只绿青蛙在池塘里唱歌", "seedlings in the rain"]


@pytest.mark.parametrize("password", REFUSED)
def test_what_is_tried_first_is_refused(password):
    with pytest.raises(REFUSED[password]):
        passwords.must_be_fit(password, **FANG)


@pytest.mark.parametrize("password", GOOD)
def test_any_long_one_is_good(password):
    assert passwords.must_be_fit(password, **FANG) is None  # it raises nothing


def test_the_list_of_common_ones_is_as_its_readme_says():
    said = (passwords.COMMON.parent / "README.md").read_text("utf-8")
    (digest,) = re.findall("[0-9a-f]{64}", said)
    assert hashlib.sha256(passwords.COMMON.read_bytes()).hexdigest() == digest
    assert len(passwords._common()) == 19_640


def change(client, old=OLD, new=NEW):
    return (
        client.page("/password")
        .form(holding="new_password")
        .fill({"new_password": new} | ({"password": old} if old else {}))
        .submit()
    )


def test_changing_it_signs_out_everywhere_else(both):
    user = make_user(password_hash=hash_password(OLD))
    here, there = (both.test_client().sign_in(user) for _ in range(2))
    answer = change(here)
    assert "新密码已生效" in answer.follow().words
    assert is_password(user.password_hash, NEW)
    assert here.get("/family").status_code == 200
    assert there.get("/family").location.startswith("/sign-in")
    assert db.session.query(AuditEvent).filter_by(action="password set").one().actor_id == user.id


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [("wrong-one", NEW, "password"), ("", NEW, "password"), (OLD, "short", "new_password"),
     (OLD, "", "new_password"), (OLD, "wangfang-1", "new_password")],
)  # fmt: skip
def test_a_change_that_is_refused_says_why_beside_the_field(client, old, new, field):
    user = make_user(password_hash=hash_password(OLD))
    form = client.sign_in(user).page("/password").form(holding="new_password")
    answer = form.fill(password=old, new_password=new).submit()
    assert answer.status == 422
    assert list(answer.errors) == [field]
    assert is_password(user.password_hash, OLD)
    assert new not in answer.text or not new


def test_who_has_none_chooses_one(client):
    user = make_user()
    assert change(client.sign_in(user), old=None).location == "/sign-ins"
    assert is_password(user.password_hash, NEW)


@pytest.mark.parametrize("password", ["1234567890", "13800138000", FINISH["name"] * 5])
def test_signing_up_refuses_the_same(client, password):
    answer = prove(client).form().fill(FINISH | {"password": password}).submit()
    assert answer.status == 422
    assert list(answer.errors) == ["password"]


def test_no_way_to_a_password_goes_past_the_rules(app):
    user = make_user(Role.PARENT)
    with pytest.raises(passwords.UnfitPassword):
        set_password(user, "1234567890", by=user, now=now())
    assert user.password_hash is None


def test_a_hash_of_less_work_is_renewed_at_the_next_sign_in(client):
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(OLD)
    user = make_user(password_hash=weak)
    form = client.page("/sign-in/password").form(holding="password")
    assert form.fill(contact=user.phone, password=OLD).submit().status == 303
    db.session.refresh(user)
    assert not passwords.is_outdated(user.password_hash)
    assert is_password(user.password_hash, OLD)


def test_the_demos_own_sign_ins_stay_as_they_are(client):
    user = make_user(email="parent@demo.example", password_hash=hash_password(OLD))
    page = client.sign_in(user).page("/password")
    assert not page.rows("[name=new_password]")
    client.post("/password", data={"password": OLD, "new_password": NEW}, tampered=True)
    assert is_password(user.password_hash, OLD)
