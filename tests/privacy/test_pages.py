"""The pages of a family's rights: what they say before something is done, and what is there after."""

import io
import json

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from clinic.audit.trail import AuditEvent
from clinic.db import db
from clinic.families.models import Relation
from tests.makes import make_guardianship, make_user
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
DATA, CLOSING = "/family/data", "/family/closing"


@pytest.fixture
def world(app):
    return World(hours={})


@pytest.fixture
def family(client, world):
    """The world's parent, signed in, with one child."""
    assert world.child
    return client.sign_in(world.parent)


def removal(child):
    return f"/family/children/{child.id}/removal"


def copied(family, button):
    return family.page(DATA).form(action="/family/data/copy").submit(button).response.data


def test_a_copy_is_a_workbook_in_the_readers_language(family, world):
    book = load_workbook(io.BytesIO(copied(family, "下载表格")))
    headings, row = list(book["孩子的基本信息"].values)
    assert dict(zip(headings, row, strict=True))["name"] == world.child.name


def test_a_copy_for_machines_has_the_same(family, world):
    data = json.loads(copied(family, "供程序读取"))
    assert [child["name"] for child in data["children"]] == [world.child.name]
    assert db.session.scalar(select(AuditEvent.actor_id).where(AuditEvent.action == "copy"))


def test_a_text_that_would_be_a_formula_is_quoted(family, world):
    world.child.allergies = '=HYPERLINK("http://example.cn")'
    book = load_workbook(io.BytesIO(copied(family, "下载表格")))
    headings, row = list(book["孩子的基本信息"].values)
    assert dict(zip(headings, row, strict=True))["allergies"].startswith("'=")


def test_the_eleventh_copy_of_a_day_is_refused_in_words(family):
    for _ in range(10):
        copied(family, "供程序读取")
    page = family.page(DATA).form(action="/family/data/copy").submit("供程序读取")
    assert page.status == 429
    assert "请明天再试" in page.words


def test_removing_asks_first_and_then_the_child_is_gone(family, world):
    father = make_user(name="李强")
    make_guardianship(father, world.child, relation=Relation.FATHER)
    page = family.page(DATA).click(f"移除 {world.child.name}")
    assert "李强" in page.words
    assert "没有依法须保存的记录" in page.words
    refused = page.form(holding="understood").submit()
    assert refused.status == 422
    assert refused.errors == {"understood": "请先勾选，再继续。"}
    gone = removal(world.child)
    after = refused.form(holding="understood").fill(understood=True).submit().follow()
    assert "已移除" in after.text
    assert "还没有添加孩子" in after.words
    assert family.page(gone, status=404)


def test_what_must_be_kept_is_said_before(family, world):
    visit = world.book(child=world.child)
    visit.arrived_at = visit.done_at = visit.starts_at
    visit.arrived_by_id = visit.done_by_id = world.parent.id
    assert "预约与就诊 (1): 15 年。" in family.page(removal(world.child)).words


def test_another_guardian_is_sent_to_the_family(client, world):
    father = make_user()
    make_guardianship(father, world.child, relation=Relation.FATHER)
    page = client.sign_in(father).page(DATA)
    assert "移除" not in "".join(page.rows("main .list a"))
    assert client.get(removal(world.child)).location == "/family"


def test_a_strangers_child_is_not_there(client, world):
    client.sign_in(make_user()).page(removal(world.child), status=404)


def test_a_closed_account_is_signed_out_and_cannot_come_back(family, world):
    page = family.page(DATA).click("注销账号")
    assert world.child.name in page.words
    page = page.form(holding="understood").submit()
    assert page.status == 422
    after = page.form(holding="understood").fill(understood=True).submit()
    assert after.location == "/"
    assert family.get("/family").location.startswith("/sign-in")


def test_a_child_at_the_centre_keeps_the_account_open(family, world):
    visit = world.book(child=world.child)
    visit.arrived_at, visit.arrived_by_id = visit.starts_at, world.parent.id
    page = family.page(CLOSING).form(holding="understood").fill(understood=True).submit()
    assert page.status == 422
    assert "孩子正在中心就诊" in page.words


def test_everybody_may_read_how_long_records_are_kept(client):
    assert "15 年" in client.page("/privacy/kept").words
