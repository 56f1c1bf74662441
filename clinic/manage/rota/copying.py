"""Copying a week of the rota to another clinician, or a weekday to others: drafts, as all of it."""

from collections.abc import Callable

from flask import Response, abort, flash, request
from flask_babel import ngettext

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.rights import Deed
from clinic.centres.models import Centre
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.fields import Form
from clinic.i18n import say
from clinic.manage.blueprint import bp
from clinic.manage.queries import centres_of
from clinic.manage.rota.forms import CopyDayForm, CopyWeekForm, next_monday
from clinic.scheduling.models import RotaRule
from clinic.scheduling.rota import drafts
from clinic.scheduling.rota.models import RotaDraft
from clinic.scheduling.timetable.rota import rules_of
from clinic.web import render, see_other


@bp.route("/rota/copy", methods=["GET", "POST"])
@allow(Deed.PLAN_HOURS)
@names_nobody("hours of the rota")
def rota_copy() -> Response:
    """Two forms; the one whose button was pressed is looked at."""
    code = request.args.get("centre")
    centre = next(
        (centre for centre in centres_of(me()) if code in (None, centre.code)), None
    ) or abort(404)
    is_day = request.form.get("what") == "day"
    first, posted = next_monday(clinic_day(clock.now())), request.method == "POST"
    people = [practitioner.id for practitioner in centre.practitioners]
    another = {"target": people[1]} if len(people) > 1 else {}
    week = _form(CopyWeekForm, centre, posted and not is_day, first_day=first, **another)
    day = _form(CopyDayForm, centre, posted and is_day, first_day=first)
    form, copy = (day, _copy_day) if is_day else (week, _copy_week)
    if form.validate_on_submit():
        try:
            made = in_one_transaction(lambda: copy(form, centre))
        except DomainError as error:
            form.source.errors = [say(error)]
            centre = next(one for one in centres_of(me()) if one.code == centre.code)
        else:
            flash(ngettext("%(num)s draft is kept.", "%(num)s drafts are kept.", len(made)))
            return see_other("manage.rota", centre=centre.code)
    return render(
        "manage/rota_copy.html",
        status=422 if form.errors else 200,
        centre=centre,
        week=week,
        day=day,
        failed=form,
    )


def _form(kind: Callable[..., Form], centre: Centre, posted: bool, **given: object) -> Form:
    said = given | {"centre": centre, "today": clinic_day(clock.now())}
    return kind(**said) if posted else kind(formdata=None, **said)


def _rules(centre: Centre, practitioner_id: int) -> list[RotaRule]:
    return [rule for rule in rules_of([centre.id]) if rule.practitioner_id == practitioner_id]


def _copy_week(form: Form, centre: Centre) -> list[RotaDraft]:
    is_own = form.source.data == form.target.data
    return drafts.copy_week(
        [] if is_own else _rules(centre, form.source.data),
        next(
            practitioner
            for practitioner in centre.practitioners
            if practitioner.id == form.target.data
        ),
        next(room for room in centre.rooms if room.id == form.room.data),
        form.first_day.data,
        by=me(),
        now=clock.now(),
    )


def _copy_day(form: Form, centre: Centre) -> list[RotaDraft]:
    return drafts.copy_weekday(
        _rules(centre, form.source.data),
        form.weekday.data,
        form.others.data,
        form.first_day.data,
        by=me(),
        now=clock.now(),
    )
