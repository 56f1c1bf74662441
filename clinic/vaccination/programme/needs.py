"""What each series of the national programme needs next. Pure.

Ages, intervals and vaccines come from the programme's data; here stands what the official text
says in sentences: catch-up, variants, transitions (2026 edition; 2021 where it is silent).
A need is judged from the doses that count so far, on a day: the same for a dose that was given
(does it count?) and for the next one.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from clinic.vaccination.programme.child import Condition
from clinic.vaccination.programme.national import period
from clinic.vaccination.programme.need import (
    Case,
    End,
    Given,
    Need,
    Next,
    Term,
    after,
    at_age,
    by_row,
    complete,
    in_order,
)
from clinic.vaccination.programme.words import FIRST, Words, words

SEVEN, TWELVE, TWO, FOUR = period("P7Y"), period("P12Y"), period("P24M"), period("P4Y")
MMR_TWICE_FROM = date(2019, 10, 1)
HPV_BORN_FROM, HPV_FROM = date(2011, 11, 10), date(2025, 11, 10)
NO_LIVE = Words(
    "不接种减毒活疫苗，由医生决定后续剂次", "No live vaccine; a doctor decides about the doses left"
)


def hepb(case: Case, given: Given, on: date) -> Next:
    """Three doses; four for a child under 2000 g of a mother with HBsAg, or not known."""
    if not case.has(Condition.MOTHER_HBSAG):
        return in_order("HEPB", _after_the_first)(case, given, on)
    if case.has(Condition.UNDER_2000_G):
        need = in_order("HEPB/LBW_HBSAG")(case, given, on)
    else:
        need = in_order("HEPB", _after_the_first)(case, given, on)
    is_first = isinstance(need, Need) and not given
    return replace(need, rule="HepB-1 within 12 h: mother HBsAg") if is_first else need


def _after_the_first(case: Case, given: Given) -> Term | None:
    """The third dose also comes 4 months after the first."""
    four_months = period("P4M")
    if len(given) != 2:
        return None
    return Term(four_months.after(given[0].given_on), words(FIRST, four_months))


def bcg(case: Case, given: Given, on: date) -> Next:
    """Once: directly under 3 months, after a negative skin test under 4 years, never later."""
    if given:
        return complete("BCG once")
    need = by_row(case, case.programme.dose("BCG", 1), given)
    if on >= case.at(FOUR):
        return End(
            "aged_out", Words("满4岁不再补种", "Not caught up from 4 years on"), "BCG >= 4 y"
        )
    why = None
    if case.has(Condition.HIV_EXPOSED, Condition.IMMUNODEFICIENT):
        why = Words("须先由医生评估，暂缓接种", "Deferred until a doctor has assessed the child")
    elif case.has(Condition.VERY_PRETERM) and on < case.at(period("P3M")):
        why = Words(
            "胎龄≤31周：医学评估稳定后、出院前接种",
            "Born at 31 weeks or less: when a doctor finds the child stable, before it goes home",
        )
    elif on >= case.at(period("P3M")) and not case.has(Condition.PPD_NEGATIVE):
        why = Words("满3月龄须先做结核菌素试验且阴性", "A negative tuberculin test is needed first")
    return Need(1, "BCG", need.terms, need.complete_before, "BCG by age", why)


def polio(case: Case, given: Given, on: date) -> Next:
    """Four doses, two of them with type II, inactivated first; four inactivated ones by label do."""
    inactivated = case.programme.with_antigen("POLIO2")
    with_two = sum(dose.vaccine in inactivated for dose in given)
    always = case.has(Condition.HIV_EXPOSED, Condition.IMMUNODEFICIENT)
    if len(given) >= 4 and with_two >= 2:
        return complete("polio: 4 doses, 2 with type II")
    row = case.programme.dose("POLIO", min(len(given) + 1, 4))
    if len(given) >= 3 and with_two < 2:
        terms = (
            at_age(case, case.programme.dose("POLIO", 3).min_age),
            after(given[-1], period("P28D")),
        )
        return Need(len(given) + 1, "IPV", terms, None, "polio: 2 doses with type II (2026)")
    need = by_row(case, row, given, vaccine="IPV" if with_two < 2 or always else "")
    if row.number == 4:  # the booster of inactivated ones and combinations is at 18 months
        label = (at_age(case, period("P18M")), after(given[-1], period("P6M")))
        return replace(need, label_of=inactivated - {"tOPV"}, label=label)
    return need


def dtap(case: Case, given: Given, on: date) -> Next:
    """Five doses of DTaP before 7 years; DT from 7 to 11 years up to three, or one more."""
    late = [dose for dose in given if dose.given_on >= case.at(period("P6Y"))]
    rule = f"NIP{case.programme.version} DTaP"
    if len(given) >= 5 or (any(dose.vaccine == "DT" for dose in late[-1:]) and len(given) >= 3):
        return complete(rule)
    if on < case.at(SEVEN):
        row = case.programme.dose("DTAP", len(given) + 1)
        need = by_row(case, row, given, soft=row.number in (2, 3))
        if max(term.day for term in need.terms) < case.at(SEVEN):
            return need
    if len(given) >= 3 and late:
        return complete(f"{rule}: one at 6 years or later")
    if on >= case.at(TWELVE):
        return End(
            "aged_out", Words("满12岁不再补种", "Not caught up from 12 years on"), "DT < 12 y"
        )
    return dt(case, given)


def dt(case: Case, given: Given) -> Need:
    """Catching up with DT from 7 years: d1-d2 1 month, d2-d3 6 months, then 6 or 12 months."""
    gaps = {1: "P1M", 2: "P6M", 3: "P6M", 4: "P12M"}
    terms = [at_age(case, SEVEN)]
    if given:
        terms.append(after(given[-1], period(gaps[len(given)])))
    return Need(len(given) + 1, "DT", tuple(terms), None, "DT at 7-11 y")


def mmr(case: Case, given: Given, on: date) -> Next:
    """Two doses of MMR; born before October 2019: two of measles, one of mumps and of rubella."""
    antigens = [case.programme.vaccines[dose.vaccine].antigens for dose in given]
    measles = sum("MEASLES" in antigen for antigen in antigens)
    whole = sum(antigen >= {"MEASLES", "MUMPS", "RUBELLA"} for antigen in antigens)
    if case.child.birth_date < MMR_TWICE_FROM:
        done = measles >= 2 and {"MUMPS", "RUBELLA"} <= frozenset[str]().union(*antigens)
    else:
        done = whole >= 2
    if done:
        return complete("MMR by cohort")
    row = case.programme.dose("MMR", min(len(given), 1) + 1)
    need = by_row(case, row, given)
    why = None
    if case.has(Condition.IMMUNODEFICIENT):
        why = Words(
            "免疫缺陷须由医生决定", "A doctor decides for a child with an immune deficiency"
        )
    return Need(need.number, "MMR", need.terms, need.complete_before, need.rule, why)


def variant(series: str, live: str, inactivated: str) -> Callable[..., Next]:
    """The live kind unless the child began with the inactivated one, or may not have live ones."""

    def next_of(case: Case, given: Given, on: date) -> Next:
        killed = case.has(Condition.HIV_EXPOSED, Condition.IMMUNODEFICIENT)
        begun = given[0].vaccine if given else ""
        kind = inactivated if begun == inactivated or (killed and not given) else live
        if series == "HEPA" and any(dose.vaccine == live for dose in given):
            return complete(f"NIP{case.programme.version} {live}")
        need = in_order(f"{series}/{kind}")(case, given, on)
        if killed and kind == live and isinstance(need, Need):  # it was given live ones before
            return replace(need, vaccine=inactivated, precondition=NO_LIVE)
        return need

    return next_of


def meningococcal(case: Case, given: Given, on: date) -> Next:
    """A twice before 24 months, then AC twice; from 24 months on AC at once if A was not finished."""
    early = [dose for dose in given if dose.given_on < case.at(TWO)]
    later = [dose for dose in given if dose not in early]
    if len(later) >= 2:
        return complete(f"NIP{case.programme.version} MPSV-AC")
    if later:
        return by_row(case, case.programme.dose("MEN", 4), later)
    if len(early) < 2 and on < case.at(TWO):
        need = by_row(case, case.programme.dose("MEN", len(early) + 1), early)
        if max(term.day for term in need.terms) < case.at(TWO):
            return need
    row = case.programme.dose("MEN", 3)
    last = case.at(row.complete_before) if row.complete_before else None
    if len(early) >= 2:
        terms = [at_age(case, period("P3Y")), after(early[-1], period("P12M"))]
        rule = "MPSV-AC >= 12 months after the second MPSV-A"
    else:
        terms = [at_age(case, TWO), *(after(dose, period("P3M")) for dose in early)]
        rule = "MPSV-AC from 24 months, MPSV-A not finished"
    return Need(3, "MPSV-AC", tuple(terms), last, rule)


def hpv(case: Case, given: Given, on: date) -> Next:
    """Girls born from 2011-11-10 on: two doses from 13 years, the second within a year."""
    if case.child.sex != "F":
        return End(
            "not_applicable", Words("仅为女孩提供", "The programme covers girls only"), "HPV girls"
        )
    if case.child.birth_date < HPV_BORN_FROM:
        why = Words("2011年11月10日及以后出生", "For girls born on or after 2011-11-10")
        return End("not_applicable", why, "HPV cohort")
    if len(given) >= 2:
        return complete("HPV twice")
    row = case.programme.dose("HPV", len(given) + 1)
    if not given:
        start = Term(
            HPV_FROM, Words("2025年11月10日起纳入", "In the programme from 2025-11-10"), soft=True
        )
        return by_row(case, row, given, start, soft=True)
    assert row.after_previous
    within = period("P12M").after(given[0].given_on)
    age = at_age(case, case.programme.dose("HPV", 1).min_age, soft=True)
    both = (age, after(given[0], row.after_previous))
    return Need(2, "2vHPV", both, within, "HPV d1-d2 6-12 months")


# Each series: which antigens a vaccine must hold to count, and what comes next.
SERIES: dict[str, tuple[tuple[str, ...], Callable[[Case, Given, date], Next]]] = {
    "HEPB": (("HEPB",), hepb),
    "BCG": (("BCG",), bcg),
    "POLIO": (("POLIO1", "POLIO3"), polio),
    "DTAP": (("D", "T"), dtap),
    "MMR": (("MEASLES",), mmr),
    "JE": (("JE",), variant("JE", "JE-L", "JE-I")),
    "MEN": (("MENA",), meningococcal),
    "HEPA": (("HEPA",), variant("HEPA", "HepA-L", "HepA-I")),
    "HPV": (("HPV",), hpv),
}
