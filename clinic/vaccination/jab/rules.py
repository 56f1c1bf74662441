"""Whether a vaccine may be given on a day, and what a nurse must have looked at. Pure."""

from collections.abc import Sequence
from datetime import date

from clinic.sentences import mark
from clinic.vaccination.programme.child import Dose, Recipient
from clinic.vaccination.programme.forecast import forecast, live_terms
from clinic.vaccination.programme.national import national
from clinic.vaccination.programme.need import Case
from clinic.vaccination.programme.words import Words
from clinic.vaccination.record.doubts import by_age

NOT_ASKED = Words("国家免疫程序今天不要求接种这一剂。", "The programme does not ask for it today.")
FROM = Words("{day}起可以接种（{zh}）。", "It may be given from {day} on ({en}).")

# 三查七对一验证 (预防接种工作规范 2023): three looks, seven comparisons, one verification.
CHECKS = {
    "health": mark("Checked: health of the child, and no contraindication"),
    "certificate": mark("Checked: vaccination booklet and record"),
    "vaccine": mark("Checked: appearance and expiry of vaccine and syringe"),
    "seven": mark("Compared: name, age, vaccine, specification, dose, site and route"),
    "guardian": mark("Verified with the guardian: this child, this vaccine"),
}
SITES = {
    "left arm": mark("Left arm"),
    "right arm": mark("Right arm"),
    "left thigh": mark("Left thigh"),
    "right thigh": mark("Right thigh"),
    "mouth": mark("By mouth"),
}
ROUTES = {
    "IM": mark("into the muscle"),
    "SC": mark("under the skin"),
    "ID": mark("into the skin"),
    "PO": mark("by mouth"),
}


def why_not(child: Recipient, history: Sequence[Dose], vaccine: str, on: date) -> Words | None:
    """Why the programme, or the vaccine's ages, would not have it given on that day. None: it may be."""
    now = forecast(child, history, on)
    asked = [forecast for forecast in now if forecast.vaccine == vaccine]
    if any(forecast.may_be_given for forecast in asked):
        return None
    if asked:
        return _from(asked[0].earliest, asked[0].why)
    dose = Dose(vaccine, on)
    if vaccine in national().vaccines and (against := _as_another_kind(child, history, dose)):
        return against
    return by_age(child.birth_date, dose)


def _as_another_kind(child: Recipient, history: Sequence[Dose], dose: Dose) -> Words | None:
    """The programme asks for another vaccine, or none: would this dose count, and is one needed?"""
    programme, on = national(), dose.given_on
    waits = live_terms(Case(child, programme), dose.vaccine, history)
    if waits and (last := max(waits, key=lambda one: one.day)).day > on:
        return _from(last.day, last.why)
    touched = set()
    for line in forecast(child, [*history, dose], on):
        for seen in line.doses:
            if seen.dose == dose:
                touched.add(line.series)
                if seen.why:
                    return seen.why
    open_now = {series.series for series in forecast(child, history, on) if series.may_be_given}
    is_of_programme = programme.vaccines[dose.vaccine].programme
    return NOT_ASKED if is_of_programme and not touched & open_now else None


def _from(first: date | None, why: Words) -> Words:
    if first is None:
        return why
    return Words(FROM.zh.format(day=first, zh=why.zh), FROM.en.format(day=first, en=why.en))


def sites_for(route: str) -> list[str]:
    """Where a vaccine of this route may be given."""
    return ["mouth"] if route == "PO" else [site for site in SITES if site != "mouth"]
