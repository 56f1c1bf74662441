"""Ids, days and times from outside: what is read, and what no page may fall over."""

from datetime import date, datetime, time

import pytest
from werkzeug.datastructures import MultiDict

from clinic import outside


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "0x1",
        "-1",
        "1.0",
        "1e3",
        " 1",
        "²",
        "١",
        "１",
        "1_0",
        "9" * 20,
        "2147483648",
        "\x00",
    ],
)
def test_what_is_no_id(text):
    assert outside.an_id(text) is None


def test_ids():
    assert [outside.an_id(text) for text in ("0", "7", "2147483647")] == [0, 7, 2**31 - 1]
    args = MultiDict([("one", "7"), ("one", "x"), ("one", "8")])
    assert outside.id_of(args, "one") == 7
    assert outside.ids_of(args, "one") == [7, 8]
    assert outside.ids_of(MultiDict([("one", "1")] * 1000), "one", most=3) == [1, 1, 1]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("12-13", [12, 13]),
        ("12", [12]),
        ("1-2-3", [1, 2, 3]),
        ("1-2-3-4", []),
        ("", []),
        ("1-", []),
        ("1-x", []),
        ("1-99999999999", []),
        ("-".join(["1639"] * 100_000), []),
    ],
)
def test_joined_ids_are_few(text, read):
    assert outside.joined_ids(text, 3) == read


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-06",
        "2026-11-6",
        "20261106",
        "2026/11/6",
        "2026.11.06",
        "2026年11月6日",
        "2026年 11月 6号",
        "２０２６－１１－０６",
        "2026-11-06 0:00",
        "2026/11/6 00:00:00",
        "2026-11-06T08:30",
        " 2026-11-06\u3000",
    ],
)
def test_days_as_people_write_them(text):
    assert outside.a_day(text) == date(2026, 11, 6)


@pytest.mark.parametrize(
    "text",
    [
        None, "", "x", "2026-02-30", "2026-13-01", "2026-11/06", "06/11/2026", "26-11-06", "2026110",
        "9999-12-31", "0001-01-01", "1899-12-31", "2101-01-01", "2026-W45-5", "2026-11-06x", "\x00",
    ],
)  # fmt: skip
def test_what_is_no_day_of_ours(text):
    assert outside.a_day(text) is None


def test_the_first_and_the_last_day_have_a_week():
    otherwise = date(2026, 3, 4)
    assert outside.monday_of("1900-01-01", otherwise) == date(1900, 1, 1)
    assert outside.monday_of("2100-12-31", otherwise) == date(2100, 12, 27)
    assert outside.monday_of("0001-01-01", otherwise) == date(2026, 3, 2)


def test_times():
    read = [outside.a_time(text) for text in ("08:30", "8:30", "０８：３０", "08:30:00")]
    assert set(read) == {time(8, 30)}
    for text in (None, "", "24:00", "08:60", "8.30", "08:30+08:00", "0830", "\x00"):
        assert outside.a_time(text) is None


def test_moments():
    assert outside.a_moment("2026-03-02T08:30") == datetime(2026, 3, 2, 8, 30)  # noqa: DTZ001
    for text in (None, "", "2026-03-02", "9999-12-31T00:00", "2026-03-02T08:30+14:00"):
        assert outside.a_moment(text) is None


@pytest.mark.parametrize(
    "address",
    [
        "/centres/%00",
        "/desk/screen/%00",
        "/%00",
        "/static/%00",
        "/centres/a%0Ab",
        "/centres/a?x=%00",
        "/?%00=1",
    ],
)
def test_an_address_with_a_control_character_is_no_page(both, address):
    assert both.test_client().get(address).status_code == 404
