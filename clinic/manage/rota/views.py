"""The rota editor: weekly hours as a grid; what is changed in it is a draft until it is published."""

from datetime import date, timedelta

from flask import Response, abort, flash, request
from flask_babel import gettext as _
from sqlalchemy import select

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.rights import Deed
from clinic.centres.models import Centre
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.manage.blueprint import bp
from clinic.manage.forms import WEEK
from clinic.manage.queries import centres_of
from clinic.manage.rota.forms import EndForm, RuleForm, next_monday
from clinic.manage.rota.queries import (
    ROWS,
    entries,
    get_draft,
    get_rule,
    week_of,
)
from clinic.outside import id_of
from clinic.scheduling.models import RotaRule
from clinic.scheduling.rota import drafts as rota_drafts
from clinic.scheduling.rota.drafts import Template
from clinic.scheduling.rota.models import (
    DraftKind,
    RotaDraft,
    drafts_of,
    last_publication,
    weekly_of,
)
from clinic.scheduling.timetable import opening
from clinic.scheduling.timetable import rota as rules
from clinic.scheduling.timetable.weekly import Weekly
from clinic.web import render, see_other, shown_on

BESIDE = {  # where a refusal is said
    opening.EndsBeforeItBegins: "closes",
    opening.NoWholeSlot: "slot_minutes",
    opening.NoPlaces: "capacity",
    opening.NotGivenHere: "services",
    rules.NoWeekday: "weekdays",
    rules.NeverValid: "valid_until",
    rota_drafts.BeginsTooSoon: "valid_from",
    rota_drafts.EndsTooLate: "valid_from",
}


@bp.get("/rota")
@allow(Deed.PLAN_HOURS)
@names_nobody("hours of the rota")
def rota() -> Response:
    """The week's hours as they are and as they are meant, by clinician or by room."""
    mine, code = centres_of(me()), request.args.get("centre")
    centre = next((centre for centre in mine if code in (None, centre.code)), None) or abort(404)
    rows = request.args.get("by", ROWS[0])
    drafts, today = drafts_of(centre), clinic_day(clock.now())
    found = entries(centre, drafts, today)
    return render(
        "manage/rota.html",
        centre=centre,
        centres=mine,
        drafts=drafts,
        entries={rota_entry.draft.id: rota_entry for rota_entry in found if rota_entry.draft},
        week=week_of(centre, found, rows),
        weekdays=range(WEEK),
        rows=rows if rows in ROWS else ROWS[0],
        last=last_publication(centre),
    )


@bp.route("/rota/rule", methods=["GET", "POST"])
@allow(Deed.PLAN_HOURS)
@names_nobody("hours of the rota")
def rota_rule() -> Response:
    """Add a rule, change one, or change what a draft says of it: kept as a draft."""
    rule, draft = _asked_for()
    centre = _centre_of(rule, draft)
    of = rule.practitioner if rule else None
    form = RuleForm(centre=centre, today=_today(), of=of, **_as_it_is(rule, draft))
    if rule:
        form.practitioner.data = rule.practitioner_id  # another clinician is another rule
    if form.validate_on_submit():
        try:
            in_one_transaction(lambda: _draft(form, centre, rule, draft))
        except rota_drafts.NothingChanged as unchanged:
            return _back(_centre_of(rule, draft), say(unchanged), "info")
        except DomainError as error:
            form[BESIDE.get(type(error), "opens")].errors = [say(error)]
            centre = _centre_of(rule, draft)
        else:
            return _kept(centre)
    return _rule_page(centre, form, _end_form(rule, draft), rule, draft)


def _kept(centre: Centre) -> Response:
    return _back(centre, _("Kept as a draft. Nothing has changed for families yet."))


def _back(centre: Centre, text: str, category: str = "message") -> Response:
    """To the rota, which says the text."""
    flash(text, category)
    return see_other("manage.rota", centre=centre.code)


def _asked_for() -> tuple[RotaRule | None, RotaDraft | None]:
    """The rule, and the open draft about it; or a draft that brings a new rule; or neither."""
    if draft_id := id_of(request.args, "draft"):
        draft = get_draft(me(), draft_id)
        return (get_rule(me(), draft.rule_id) if draft.rule_id else None), draft
    if rule_id := id_of(request.args, "rule"):
        rule = get_rule(me(), rule_id)
        theirs = select(RotaDraft).where(
            RotaDraft.rule_id == rule.id, RotaDraft.publication_id.is_(None)
        )
        return rule, db.session.scalar(theirs)
    return None, None


def _centre_of(rule: RotaRule | None, draft: RotaDraft | None) -> Centre:
    """The centre that it belongs to, or the one asked for, with its people and rooms."""
    about, code = rule or draft, request.args.get("centre")
    found = (
        centre
        for centre in centres_of(me())
        if (centre.id == about.centre_id if about else code in (None, centre.code))
    )
    return next(found, None) or abort(404)


def _as_it_is(rule: RotaRule | None, draft: RotaDraft | None) -> dict[str, object]:
    """What the form shows first."""
    tomorrow = clinic_day(clock.now()) + timedelta(days=1)
    if draft and draft.kind is not DraftKind.END:
        chosen = {"practitioner": draft.practitioner_id, "room": draft.room_id}
        return vars(draft.weekly) | chosen | {"services": draft.service_ids}
    if rule:
        chosen = {"practitioner": rule.practitioner_id, "room": rule.room_id}
        as_it_is = weekly_of(rule)
        weekly = rota_drafts.from_day(as_it_is, next_monday(clinic_day(clock.now()))) or as_it_is
        return vars(weekly) | chosen | {"services": [service.id for service in rule.services]}
    first = max(tomorrow, next_monday(clinic_day(clock.now())))
    asked = {"practitioner": id_of(request.args, "who"), "valid_from": first}
    weekday = id_of(request.args, "weekday")
    return asked | {"weekdays": [weekday] if weekday in range(WEEK) else [0, 1, 2, 3, 4]}


def _draft(
    form: RuleForm, centre: Centre, rule: RotaRule | None, draft: RotaDraft | None
) -> RotaDraft:
    wanted, now = _template(form, centre, rule, draft), clock.now()
    if rule:
        return rota_drafts.draft_change(rule, wanted, by=me(), now=now)
    return rota_drafts.draft_add(wanted, by=me(), now=now, draft=draft)


def _template(
    form: RuleForm, centre: Centre, rule: RotaRule | None, draft: RotaDraft | None
) -> Template:
    """What was typed; a team keeps its stations."""
    stations = draft.weekly.stations if draft and draft.template else ()
    if rule:
        stations = weekly_of(rule).stations
    weekly = Weekly(
        weekdays=tuple(sorted(form.weekdays.data or [])),
        opens=form.opens.data,  # type: ignore[arg-type]
        closes=form.closes.data,  # type: ignore[arg-type]
        slot_minutes=form.slot_minutes.data or 0,
        valid_from=form.valid_from.data,  # type: ignore[arg-type]
        valid_until=form.valid_until.data,
        capacity=form.capacity.data or 0,
        stations=stations,
        online_percent=form.online_percent.data or 0,
        every_weeks=form.every_weeks.data or 1,
    )
    chosen = set(form.services.data or [])
    return Template(
        next(
            practitioner
            for practitioner in centre.practitioners
            if practitioner.id == form.practitioner.data
        ),
        next(room for room in centre.rooms if room.id == form.room.data),
        tuple(service for service in centre.services if service.id in chosen),
        weekly,
    )


def _today() -> date:
    return clinic_day(clock.now())


def _end_form(rule: RotaRule | None, draft: RotaDraft | None) -> EndForm | None:
    """The form that ends the rule."""
    if rule is None:
        return None
    ends = draft and draft.kind is DraftKind.END
    last: date = draft.last_day if draft and ends else next_monday(clinic_day(clock.now()))
    return EndForm(formdata=None, last_day=last if ends else last - timedelta(days=1))


def _rule_page(
    centre: Centre,
    form: RuleForm,
    ending: EndForm | None,
    rule: RotaRule | None,
    draft: RotaDraft | None,
) -> Response:
    return render(
        "manage/rota_rule.html",
        status=422 if form.errors or (ending and ending.errors) else 200,
        centre=centre,
        form=form,
        ending=ending,
        rule=rule,
        draft=draft,
        stations=rule.stations if rule else draft.template["stations"] if draft else [],
    )


@bp.post("/rota/end")
@allow(Deed.PLAN_HOURS)
@names_nobody("hours of the rota")
@shown_on("manage.rota_rule")
def rota_end() -> Response:
    """End a rule with a day: kept as a draft."""
    rule, draft = _asked_for()
    if rule is None:
        return see_other("manage.rota")
    ending = EndForm()
    if ending.validate_on_submit():
        try:
            day = ending.last_day.data
            in_one_transaction(
                lambda: rota_drafts.draft_end(rule, day, by=me(), now=clock.now())  # type: ignore[arg-type]
            )
        except DomainError as error:
            ending.last_day.errors = [say(error)]
        else:
            return _kept(_centre_of(rule, draft))
    centre = _centre_of(rule, draft)
    given = _as_it_is(rule, draft)
    form = RuleForm(formdata=None, centre=centre, today=_today(), of=rule.practitioner, **given)
    return _rule_page(centre, form, ending, rule, draft)


@bp.post("/rota/discard")
@allow(Deed.PLAN_HOURS)
@names_nobody("hours of the rota")
def rota_discard() -> Response:
    """Forget a draft."""
    draft_id = id_of(request.form, "draft")
    if draft_id is None:
        return see_other("manage.rota")
    draft = get_draft(me(), draft_id)
    centre = _centre_of(None, draft)
    try:
        in_one_transaction(lambda: rota_drafts.discard(draft, by=me(), now=clock.now()))
    except DomainError as error:
        flash(say(error), "info")
    else:
        flash(_("The draft is discarded."))
    return see_other("manage.rota", centre=centre.code)
