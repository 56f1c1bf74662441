"""Fields of forms: what they read, what they say, and that what was typed stays."""

from datetime import date, time

import pytest
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms.fields import SelectChoice
from wtforms.widgets import html_params

from clinic.fields import (
    Agreed,
    Checkboxes,
    Day,
    Form,
    Hidden,
    Name,
    Note,
    Radio,
    Select,
    Text,
    Time,
    Whole,
    attributes,
)  # fmt: skip

PLACES = [SelectChoice(1, "一"), SelectChoice(2, "二")]


class Odd(Form):
    name = Name("姓名", required="请填写姓名。")
    line = Text("一行", most=5)
    note = Note("备注", most=5)
    day = Day("日期", required="请填写日期。")
    at = Time("时间")
    number = Whole("数", low=5, high=240, message="5 到 240。")
    one = Select("选一个", ids=True, choices=PLACES)
    radio = Radio("选一个", ids=True, choices=PLACES, required="请选择。")
    some = Checkboxes("选几个", ids=True, choices=PLACES, required="至少选一个。")
    agreed = Agreed("同意", required="请同意。")
    version = Hidden()


GOOD = {
    "name": "王 一禾",
    "line": " 一 二 ",
    "note": "一\r\n二",
    "day": "2026年3月2日",
    "at": "８:３０",
    "number": "１５",
    "one": "2",
    "radio": "1",
    "some": ["1", "2"],
    "agreed": "y",
    "version": "3",
}


@pytest.fixture
def sent(app):
    def send(**changed):
        with app.test_request_context(method="POST", data=GOOD | changed):
            form = Odd(meta={"csrf": False})
            form.validate()
            said = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
            shown = {field.name: str(field()) for field in form}
            return form, said, shown

    return send


def test_what_is_meant_is_read(sent):
    form, said, shown = sent()
    assert said == {}
    assert form.data == {
        "name": "王一禾",
        "line": "一 二",
        "note": "一\n二",
        "day": date(2026, 3, 2),
        "at": time(8, 30),
        "number": 15,
        "one": 2,
        "radio": 1,
        "some": [1, 2],
        "agreed": True,
        "version": 3,
    }
    assert 'value="2026-03-02"' in shown["day"]


def test_an_empty_form_says_what_is_needed(sent):
    _, said, _ = sent(**dict.fromkeys(GOOD, ""))
    assert said == {
        "name": ["请填写姓名。"],
        "day": ["请填写日期。"],
        "one": ["请从列出的选项中选择。"],
        "radio": ["请从列出的选项中选择。"],
        "some": ["请从列出的选项中选择。"],
        "agreed": ["请同意。"],
        "version": ["请重新打开本页，再提交一次。"],
    }


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "\u3000 ", "请填写姓名。"),
        ("name", "王\u200b", "文字中有看不见的符号，请删除后重新输入。"),
        ("name", "123", "请用汉字或字母填写姓名。"),
        ("name", "王" * 61, "请不要超过60个字。"),
        ("line", "一\n二", "文字中有看不见的符号，请删除后重新输入。"),
        ("note", "一二三四五六", "请不要超过5个字。"),
        ("day", "9999-12-31", "请填写日期，例如2026-03-01。"),
        ("day", "0001-01-01", "请填写日期，例如2026-03-01。"),
        ("at", "25:00", "请输入时间，例如08:30。"),
        ("number", "x", "5 到 240。"),
        ("number", "9" * 20, "5 到 240。"),
        ("number", "5.5", "5 到 240。"),
        ("one", "9", "请从列出的选项中选择。"),
        ("one", "x", "请从列出的选项中选择。"),
        ("one", "9" * 20, "请从列出的选项中选择。"),
        ("radio", "-1", "请从列出的选项中选择。"),
        ("some", ["1", "x"], "请从列出的选项中选择。"),
        ("some", ["9"], "请从列出的选项中选择。"),
        ("version", "x", "请重新打开本页，再提交一次。"),
    ],
)
def test_one_sentence_and_what_was_typed(sent, field, typed, said):
    form, errors, shown = sent(**{field: typed})
    assert errors == {field: [said]}
    if isinstance(typed, str) and field not in ("one", "radio", "version"):
        assert typed in shown[field]
    if field == "some":
        assert form.some.data == [1] if "x" in typed else [9]


def test_a_file_in_place_of_a_text_is_nothing(app):
    from io import BytesIO

    files = {name: (BytesIO(b"x"), "x.txt") for name in GOOD}
    with app.test_request_context(method="POST", data=files, content_type="multipart/form-data"):
        form = Odd(meta={"csrf": False})
        assert not form.validate()
        assert {field.name for field in form if field.errors} == {
            "name", "day", "one", "radio", "some", "agreed", "version",
        }  # fmt: skip


def test_every_message_is_in_the_readers_language(app):
    with app.test_request_context(
        method="POST", data={"one": "x"}, headers={"Accept-Language": "en"}
    ):
        form = Odd(meta={"csrf": False})
        form.validate()
        assert form.errors["one"] == ["Please choose from the list."]


@pytest.mark.parametrize(
    "values",
    [
        {"name": "a", "class_": "b", "data_of_what": 3, "aria_label": "一"},
        {"value": "\"><script>&'", "title": Markup('<b title="x">')},
        {"checked": True, "readonly": False, "value": "", "lazy": _l("Sign in")},
        {},
    ],
)
def test_attributes_are_written_as_the_library_writes_them(app, values):
    with app.test_request_context():
        assert attributes(**values) == html_params(**values)
