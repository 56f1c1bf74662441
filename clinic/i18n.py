"""Two languages, and how names, dates and ages are shown in them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_timedelta, get_day_names
from flask import g, has_app_context, has_request_context, request
from flask_babel import force_locale, get_locale, get_translations
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from clinic.ages import age_months
from clinic.amounts import yuan
from clinic.clock import clinic_day, local, now
from clinic.sentences import Sentence

LANGUAGES = ("zh", "en")
DEFAULT_LANGUAGE = "zh"
COOKIE = "lang"
WEEKS_UNTIL_MONTHS = 3  # of age: until then English counts weeks, Chinese counts months
# Babel's names of the languages. The catalogue of `zh_Hans_CN` lies in `zh`.
LOCALES = {language: Locale.parse(language) for language in LANGUAGES}


def choose_language() -> str:
    """The reader's language: what they chose last, else what the browser asks for, else Chinese."""
    if not has_request_context():
        return DEFAULT_LANGUAGE
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return _asked_for(request.headers.get("Accept-Language", ""))


@lru_cache(maxsize=500)
def _asked_for(header: str) -> str:
    for wanted, _quality in parse_accept_header(header, LanguageAccept):
        short = wanted.split("-")[0].lower()
        if short in LANGUAGES:
            return short
    return DEFAULT_LANGUAGE


def babel_locale() -> Locale:
    """The reader's language for Babel."""
    return LOCALES[language()]


def language() -> str:
    """The language of this page: `zh` or `en`. Chosen once: a page asks a hundred times."""
    try:
        page = g._get_current_object()  # type: ignore[attr-defined]
    except RuntimeError:  # no request, no page
        return DEFAULT_LANGUAGE
    spoken: str | None = page.get("language")
    if spoken is None:
        spoken = page.language = choose_language()
    return spoken


@contextmanager
def speaking(spoken: str) -> Iterator[None]:
    """Say what is said inside in that language, whatever the reader's is."""
    before, g.language = language(), spoken
    try:
        with force_locale(spoken):
            yield
    finally:
        g.language = before


def gettext(msgid: str, /, **params: object) -> str:
    """A text in the reader's language. Flask-Babel's looks for catalogue and language each time.

    Outside an app context there is no catalogue: the text itself is given, and not kept.
    """
    said = _said(msgid, language()) if has_app_context() else msgid
    return said % params if params else said


def text(msgid: str, /, **params: object) -> Markup:
    """A text of a template in the reader's language; what is put into it is escaped."""
    said = _text(msgid, language()) if has_app_context() else Markup(msgid)  # noqa: S704 - our own words
    return said % params if params else _as_it_is(said)


def counted(one: str, many: str, num: int, /, **params: object) -> Markup:
    """The same for so many of something, as the language counts."""
    if has_app_context():
        said = _counted(one, many, num, language())
    else:
        said = Markup(one if num == 1 else many)  # noqa: S704 - our own words
    return said % {"num": num, **params}


@lru_cache(maxsize=5000)
def _said(msgid: str, spoken: str) -> str:
    found: str = get_translations().gettext(msgid)
    return found


@lru_cache(maxsize=5000)
def _text(msgid: str, spoken: str) -> Markup:
    return Markup(_said(msgid, spoken))  # noqa: S704 - our own words


@lru_cache(maxsize=5000)
def _counted(one: str, many: str, num: int, spoken: str) -> Markup:
    return Markup(get_translations().ngettext(one, many, num))  # noqa: S704 - our own words


@lru_cache(maxsize=5000)
def _as_it_is(said: Markup) -> Markup:
    """`%%` is `%`, as in a text that something is put into."""
    return said % {}


def html_lang() -> str:
    """The page's language as HTML names it."""
    return "zh-CN" if language() == "zh" else "en"


def say(sentence: Sentence) -> str:
    """A refusal or an objection in the reader's language."""
    params = {key: _in_reading(value) for key, value in sentence.params.items()}
    return gettext(sentence.message, **params)


def _in_reading(value: object) -> object:
    if isinstance(value, date):
        return in_words(value)
    return how_long(value) if isinstance(value, timedelta) else value


def how_long(time: timedelta) -> str:
    """`30分钟` · `30 minutes`, in the largest unit that says it well."""
    return format_timedelta(time, threshold=1, locale=LOCALES[language()])


def in_words(value: date) -> str:
    """A day or a moment, short, in the reader's language: `11月25日周三 09:30`."""
    if isinstance(value, datetime):
        return f"{day(value)} {clock_time(value)}"
    return day(value)


def soon(moment: datetime, today: date) -> str:
    """A moment that is near: `16:05` if it is of today, else with its day."""
    return clock_time(moment) if clinic_day(moment) == today else in_words(moment)


def name_of(thing: object, field: str = "name") -> str:
    """`thing.name_zh` or `thing.name_en`, by the reader's language."""
    text: str = getattr(thing, f"{field}_{language()}")
    return text


def price(fen: int) -> str:
    """`35.50元` · `¥35.50`; `免费` · `Free of charge`."""
    if fen == 0:
        return gettext("Free of charge")
    return gettext("¥%(yuan)s", yuan=yuan(fen))


def day(value: date | datetime) -> str:
    """`11月25日周三` · `Wed 25 Nov`; with its year when that is not this one."""
    when = clinic_day(value) if isinstance(value, datetime) else value
    zh, en = (
        ("MMMd日EEE", "EEE d MMM") if _is_of_this_year(when) else ("y年MMMd日EEE", "EEE d MMM y")
    )
    return _written(when, zh if language() == "zh" else en, language())


def _is_of_this_year(when: date) -> bool:
    return when.year == clinic_day(now()).year


def long_day(value: date | datetime) -> str:
    """`2026年11月25日 星期三` · `Wednesday 25 November 2026`."""
    when = clinic_day(value) if isinstance(value, datetime) else value
    return _written(when, "y年M月d日 EEEE" if language() == "zh" else "EEEE d MMMM y", language())


def month_day(value: date) -> str:
    """`12/1` · `1 Dec`."""
    return _written(value, "M/d" if language() == "zh" else "d MMM", language())


def clock_time(moment: datetime) -> str:
    """`09:30`, on the clinic's wall."""
    return f"{local(moment):%H:%M}"


def weekday(value: date) -> str:
    """`周三` · `Wed`."""
    return _written(value, "EEE", language())


@lru_cache(maxsize=2000)
def _written(when: date, pattern: str, spoken: str) -> str:
    return format_date(when, pattern, locale=LOCALES[spoken])


def weekday_name(number: int) -> str:
    """Monday is 0: `周一` · `Mon`."""
    return get_day_names("abbreviated", locale=get_locale())[number]


def age(birth_date: date, on: date) -> str:
    """The age in words that parents use: days, weeks (in English), months up to two years, years."""
    months = age_months(birth_date, on)
    if months < 0:
        return gettext("not born yet")
    if months < 1:
        return gettext("%(days)s days old", days=(on - birth_date).days)
    if months < WEEKS_UNTIL_MONTHS and language() == "en":
        return gettext("%(weeks)s weeks", weeks=(on - birth_date).days // 7)
    if months < 24:
        return gettext("%(months)s months", months=months)
    years, rest = divmod(months, 12)
    if rest and years < 6:
        return gettext("%(years)s y %(months)s m", years=years, months=rest)
    return gettext("%(years)s years", years=years)


FILTERS: Mapping[str, object] = {
    "name_of": name_of,
    "local": local,
    "day": day,
    "long_day": long_day,
    "month_day": month_day,
    "clock_time": clock_time,
    "weekday": weekday,
    "weekday_name": weekday_name,
    "in_words": in_words,
    "soon": soon,
    "how_long": how_long,
    "price": price,
    "say": say,
    "translated": gettext,
}
