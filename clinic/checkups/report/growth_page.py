"""A child's growth for its family: charts, latest values, measuring at home, the parents' heights."""

from collections.abc import Mapping
from datetime import date, timedelta

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.ages import age_months
from clinic.amounts import written
from clinic.checkups.blueprint import bp
from clinic.checkups.check import recording
from clinic.checkups.due.schedule import check_ages
from clinic.checkups.growth import words
from clinic.checkups.growth.charts import TITLES, ChartSeries, series_of
from clinic.checkups.growth.home_entry import heights_typed, home_typed, within_range
from clinic.checkups.growth.lines import Standard, target_range
from clinic.checkups.growth.measuring import METRICS, corrected_days
from clinic.checkups.growth.queries import (
    entered_of,
    get_measurement,
    heights_of,
    latest_findings,
    patient_of,
    services_offered,
)
from clinic.checkups.report.queries import finished_checks
from clinic.checkups.spine.recording import Screened, last_screened, stands
from clinic.checkups.spine.suggestions import (
    CODES,
    Suggestion,
    offers,
    signs_seen,
)
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.families.consenting import needs_consent
from clinic.families.models import Child
from clinic.families.queries import get_child
from clinic.i18n import say
from clinic.typed import Errors, typed_in
from clinic.web import render, see_other, shown_on

A_YEAR = timedelta(days=366)
KINDS = {kind.value: TITLES[metric] for kind, metric in METRICS.items()}


@bp.get("/children/<id:child_id>/growth")
@allow(Role.PARENT)
def growth(child_id: int) -> Response:
    return page(get_child(me(), child_id), {}, {})


@bp.post("/children/<id:child_id>/measurements", endpoint="measure_at_home")
@allow(Role.PARENT)
@needs_consent
@shown_on("checkups.growth")
def measure(child_id: int) -> Response:
    """A parent's own weight, length and head of one day."""
    child, by, now = get_child(me(), child_id), me(), clock.now()
    typed = typed_in(request.form)
    before = [entered.measured for entered in entered_of(child.id)]
    measured, errors = home_typed(typed, patient_of(child), before, clock.clinic_day(now))
    if not errors:
        try:
            in_one_transaction(lambda: recording.measure_at_home(child, measured, by=by, now=now))
        except DomainError as refused:
            errors = {"on": say(refused)}
    if errors:
        return page(get_child(me(), child_id), typed, errors)
    flash(_("Saved."), "success")
    return see_other("checkups.growth", child_id=child_id)


@bp.post(
    "/children/<id:child_id>/measurements/<id:measurement_id>/removal",
    endpoint="remove_measurement",
)
@allow(Role.PARENT)
@shown_on("checkups.growth")
def remove(child_id: int, measurement_id: int) -> Response:
    child, by, now = get_child(me(), child_id), me(), clock.now()
    row = get_measurement(child, measurement_id)
    try:
        in_one_transaction(lambda: recording.take_back(row, by=by, now=now))
    except DomainError as refused:
        return page(get_child(me(), child_id), {}, {"entries": say(refused)})
    flash(_("Removed."), "success")
    return see_other("checkups.growth", child_id=child_id)


@bp.post("/children/<id:child_id>/parents-heights")
@allow(Role.PARENT)
@needs_consent
@shown_on("checkups.growth")
def parents_heights(child_id: int) -> Response:
    child, by, now = get_child(me(), child_id), me(), clock.now()
    typed = typed_in(request.form)
    heights, errors = heights_typed(typed)
    if errors:
        return page(child, typed, errors)
    mother, father = heights
    in_one_transaction(lambda: recording.set_parent_heights(child, mother, father, by=by, now=now))
    flash(_("Saved."), "success")
    return see_other("checkups.growth", child_id=child_id, standard=Standard.WHO.value)


def page(child: Child, typed: Mapping[str, str], errors: Errors) -> Response:
    """The whole page, or with HTMX its charts by the other standard."""
    patient, today = patient_of(child), clock.clinic_day(clock.now())
    asked = request.args.get("standard")
    standard = Standard.WHO if asked == Standard.WHO.value else Standard.NATIONAL
    screened = last_screened(child.id)
    entered, heights = entered_of(child.id), heights_of(child.id)
    series = series_of(patient, entered, standard, today, heights)
    return render(
        "checkups/growth.html",
        partial="checkups/_growth.html" if not errors else None,
        status=422 if errors else 200,
        child=child,
        standard=standard.value,
        series=series,
        screened=screened,
        offers=_offers(child, series, today, screened),
        reports=finished_checks(child.id),
        check_ages={check_age.id: check_age for check_age in check_ages()},
        entered=list(reversed(entered)),
        heights=heights,
        target=target_range(patient.sex, *heights) if heights else None,
        corrected_weeks=corrected_days(patient) // 7,
        sex=patient.sex,
        words=words,
        kinds=KINDS,
        asked=within_range(typed),
        written=written,
        typed=typed,
        errors=errors,
    )


def _offers(
    child: Child, series: list[ChartSeries], today: date, screened: Screened | None
) -> list[Suggestion]:
    """By the latest check and what was measured within the year."""
    recent = [
        chart_series.latest
        for chart_series in series
        if chart_series.latest and today - chart_series.latest.on <= A_YEAR
    ]
    return offers(
        positive=signs_seen(latest_findings(child.id)),
        words=[sample.word for sample in recent],
        age_months=age_months(child.birth_date, today),
        services=services_offered(CODES, today),
        spine=stands(screened, today),
    )
