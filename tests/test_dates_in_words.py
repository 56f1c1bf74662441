"""Dates, ages and lengths of time as people read them, in both languages."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from clinic import i18n

pytestmark = pytest.mark.usefixtures("noon")  # of 2 March 2026
CLINICIANS = ("%(num)s clinician", "%(num)s clinicians")


@pytest.mark.parametrize(
    ("day", "zh", "en"),
    [
        (date(2026, 11, 25), "11月25日周三", "Wed 25 Nov"),
        (date(2026, 1, 1), "1月1日周四", "Thu 1 Jan"),
        (date(2027, 1, 1), "2027年1月1日周五", "Fri 1 Jan 2027"),
        (date(2025, 12, 31), "2025年12月31日周三", "Wed 31 Dec 2025"),
        (date(2032, 10, 19), "2032年10月19日周二", "Tue 19 Oct 2032"),
    ],
)
def test_a_day_has_its_year_when_that_is_not_this_one(app, day, zh, en):
    for locale, text in (("zh", zh), ("en", en)):
        with app.test_request_context(), i18n.speaking(locale):
            assert i18n.day(day) == text


@pytest.mark.parametrize(
    ("days", "zh", "en"),
    [
        (0, "0天", "0 days old"),
        (27, "27天", "27 days old"),
        (42, "1个月", "6 weeks"),
        (70, "2个月", "10 weeks"),
        (95, "3个月", "3 months"),
        (400, "13个月", "13 months"),
        (800, "2岁2个月", "2 y 2 m"),
        (2300, "6岁", "6 years"),
    ],
)
def test_an_age_is_said_as_parents_say_it(app, days, zh, en):
    on = date(2026, 3, 2)
    for locale, text in (("zh", zh), ("en", en)):
        with app.test_request_context(), i18n.speaking(locale):
            assert i18n.age(on - timedelta(days=days), on) == text


@pytest.mark.parametrize(
    ("minutes", "zh", "en"),
    [(30, "30分钟", "30 minutes"), (120, "2小时", "2 hours"), (1440, "1天", "1 day")],
)
def test_how_long_something_is(app, minutes, zh, en):
    for locale, text in (("zh", zh), ("en", en)):
        with app.test_request_context(), i18n.speaking(locale):
            assert i18n.how_long(timedelta(minutes=minutes)) == text


def test_a_text_of_a_template_is_said_in_the_language_that_is_spoken(app):
    with app.test_request_context(headers={"Accept-Language": "zh"}):
        assert i18n.text("Sign in") == "登录"
        with i18n.speaking("en"):
            assert i18n.text("Sign in") == "Sign in"
            assert i18n.text("Sign in <%(who)s>", who="<b>") == "Sign in <&lt;b&gt;>"
            assert i18n.counted("%(num)s day", "%(num)s days", 2) == "2 days"
            assert i18n.text("90%%") == "90%"
        assert i18n.text("Sign in") == "登录"


def test_what_is_said_where_nobody_reads_is_not_kept(app):
    with ThreadPoolExecutor(1) as nobody:  # a thread has no context of its own
        assert nobody.submit(i18n.gettext, "Sign in").result() == "Sign in"
        assert nobody.submit(i18n.text, "Sign out").result() == "Sign out"
        assert nobody.submit(i18n.counted, *CLINICIANS, 7).result() == "7 clinicians"
    assert i18n.gettext("Sign in") == "登录"
    assert i18n.text("Sign out") == "退出"
    assert i18n.counted(*CLINICIANS, 7) == "7位可约"
