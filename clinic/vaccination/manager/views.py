"""A manager's page of the vaccines on hand: what came, what is spoilt, what is recalled."""

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from wtforms import Field

from clinic import audit, clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.rights import Deed
from clinic.centres.models import Centre
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.families.queries import children_with_guardians
from clinic.i18n import say
from clinic.services.managing import centre_asked_for, centres_of
from clinic.vaccination.jab.recalling import concerned_by, recall_as_shown
from clinic.vaccination.manager.forms import (
    RecallForm,
    ReceiveForm,
    WasteForm,
)
from clinic.vaccination.manager.queries import (
    get_lot,
    given_what_was_recalled,
    lots_of,
    stock_of,
    without_dose,
)
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.stock import lots as stock_lots
from clinic.vaccination.stock.models import VaccineLot
from clinic.web import leave_for, render

bp = Blueprint("stock", __name__, url_prefix="/manage/stock")
NEAR = timedelta(days=30)  # an expiry date that is near is marked


@bp.route("", methods=["GET", "POST"])
@allow(Deed.KEEP_STOCK)
@names_nobody("doses, not children")
def on_hand() -> Response:
    centre = centre_asked_for()
    form = ReceiveForm()
    if form.validate_on_submit():
        centre_id, code = centre.id, centre.code
        if _done(form.expires_on, lambda: _receive(form, centre_id)):
            flash(_("The stock is counted."))
            return _back(code)
        centre = centre_asked_for()
    return _page(centre, form)


@bp.post("/<id:lot_id>/waste")
@allow(Deed.KEEP_STOCK)
@names_nobody("doses, not children")
def waste(lot_id: int) -> Response:
    lot = get_lot(me(), lot_id)
    form = WasteForm(lot_id)

    def spoil() -> None:
        doses, reason = form.doses.data or 0, form.reason.data or ""
        stock_lots.waste(get_lot(me(), lot_id), doses, reason, by=me(), now=clock.now())

    if form.validate_on_submit() and _done(form.doses, spoil):
        flash(_("The stock is counted."))
        return _back(_code_of(lot))
    return _lot_page(lot_id, form)


@bp.route("/<id:lot_id>/recall", methods=["GET", "POST"])
@allow(Deed.KEEP_STOCK)
def recall(lot_id: int) -> Response:
    """Whom a recall concerns, by name; a POST does it as shown, or shows whom it concerns by now."""
    form, refusal, now = RecallForm(), "", clock.now()
    if form.validate_on_submit():
        reason, version = form.reason.data or "", request.form.get("version", "")
        try:
            in_one_transaction(
                lambda: recall_as_shown(get_lot(me(), lot_id), reason, version, by=me(), now=now)
            )
        except DomainError as error:
            refusal = say(error)
        else:
            flash(_("The lot is recalled and will not be given."))
            return _back(_code_of(get_lot(me(), lot_id)))
    lot = get_lot(me(), lot_id)
    shown = concerned_by(lot, now=now)
    visits = [*shown.given, *shown.losing]
    children_with_guardians([visit.child_id for visit in visits])  # whom to call
    audit.note_list("recall", visits)
    return render(
        "vaccination/stock_recall.html",
        status=422 if refusal or form.errors else 200,
        lot=lot,
        vaccine=vaccines()[lot.product.vaccine],
        code=_code_of(lot),
        form=form,
        shown=shown,
        refusal=refusal,
    )


def _receive(form: ReceiveForm, centre_id: int) -> None:
    product = stock_lots.product_of(form.vaccine.data, form.manufacturer.data or "")
    stock_lots.receive(
        centre_id,
        product,
        form.number.data or "",
        form.expires_on.data,  # type: ignore[arg-type]
        form.doses.data or 0,
        by=me(),
        now=clock.now(),
    )


def _done(field: Field, work: Callable[[], None]) -> bool:
    """Do it and commit; what is refused is said beside the field."""
    try:
        in_one_transaction(work)
    except DomainError as error:
        field.errors = [say(error)]
        return False
    return True


def _code_of(lot: VaccineLot) -> str:
    return next(centre.code for centre in centres_of(me()) if centre.id == lot.centre_id)


def _back(code: str) -> Response:
    return leave_for(url_for("stock.on_hand", centre=code))


def _lot_page(lot_id: int, form: WasteForm) -> Response:
    lot = get_lot(me(), lot_id)
    centre = next(centre for centre in centres_of(me()) if centre.id == lot.centre_id)
    return _page(centre, ReceiveForm(formdata=None), form)


def _page(centre: Centre, form: ReceiveForm, lot_form: WasteForm | None = None) -> Response:
    """The page; `lot_form` is the form of a lot that needs another look."""
    now = clock.now()
    today = clinic_day(now)
    lots = lots_of(centre.id, today)
    forms: dict[int, WasteForm] = {}
    for lot in lots:
        forms[lot.id] = WasteForm(lot.id, formdata=None)
    if lot_form is not None:
        forms[lot_form.lot_id] = lot_form
    failed = form.errors or (lot_form and lot_form.errors)
    return render(
        "vaccination/stock.html",
        status=422 if failed else 200,
        centre=centre,
        centres=centres_of(me()),
        form=form,
        forms=forms,
        failed=lot_form if lot_form and lot_form.errors else None,
        stock=stock_of(centre.id, now=now),
        lots=lots,
        without=without_dose(centre.id, now=now),
        had=given_what_was_recalled(centre.id, today),
        vaccines=vaccines(),
        near=today + NEAR,
    )
