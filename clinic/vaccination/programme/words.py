"""Reasons in both languages, and periods in words. Pure."""

from dataclasses import dataclass

from clinic.vaccination.programme.national import Period


@dataclass(frozen=True)
class Words:
    """A sentence in both languages."""

    zh: str
    en: str


AT_BIRTH = Words("出生即可接种", "from birth on")
AGE = Words("满{zh}起可接种", "from {en} of age")
AFTER = Words("与上一剂间隔至少{zh}", "at least {en} after the dose before")
FIRST = Words("与第1剂间隔至少{zh}", "at least {en} after the first dose")
LIVE = Words(
    "注射类减毒活疫苗未同日接种须间隔至少{zh}", "at least {en} after another injected live vaccine"
)
IMMUNOGLOBULIN = Words("使用免疫球蛋白后至少{zh}", "at least {en} after immunoglobulin")


def words(pattern: Words, span: Period) -> Words:
    """The pattern with that period in it."""
    if not (span.months or span.days):
        return AT_BIRTH
    zh, en = in_words(span)
    return Words(pattern.zh.format(zh=zh), pattern.en.format(en=en))


def in_words(span: Period) -> tuple[str, str]:
    """`18 months`, `6 years`, `28 days`, `13 years 6 months`, in Chinese and in English."""
    if not span.months:
        return f"{span.days}天", f"{span.days} days"
    years, months = divmod(span.months, 12)
    if span.months <= 24 and span.months != 12:
        years, months = 0, span.months
    zh = (f"{years}岁" if years else "") + (f"{months}个月" if months else "")
    plural = [
        f"{n} {unit}{'s' if n > 1 else ''}" for n, unit in ((years, "year"), (months, "month")) if n
    ]
    return zh, " ".join(plural)
