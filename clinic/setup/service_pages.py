"""The services of the city, for administrators."""

from dataclasses import asdict

from flask import Response, abort, flash
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.models import Role
from clinic.amounts import yuan
from clinic.centres.models import Service
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.services.room import room_of
from clinic.setup import services
from clinic.setup.as_shown import ChangedMeanwhile, version_of
from clinic.setup.blueprint import bp
from clinic.setup.service_forms import NewServiceForm, ServiceForm
from clinic.setup.services import BookedOutsideAges, facts_of
from clinic.web import render, see_other

BESIDE = {  # where a refusal is said
    services.CodeIsTaken: "code",
    services.AgesBackwards: "max_age_months",
    services.NeverPriced: "price_fen",
}


@bp.get("/services")
@allow(Role.ADMIN)
@names_nobody("what can be booked")
def all_services() -> Response:
    """What the city's centres may offer."""
    return render("setup/services.html", services=services.all_services())


@bp.route("/services/new", methods=["GET", "POST"])
@allow(Role.ADMIN)
@names_nobody("what can be booked")
def new_service() -> Response:
    form = NewServiceForm()
    if form.validate_on_submit() and _added(form):
        flash(_("The service is added. A centre offers it from its own page of services on."))
        return see_other("setup.all_services")
    return render(
        "setup/service.html",
        status=422 if form.errors else 200,
        form=form,
        service=None,
        refusal="",
    )


def _added(form: NewServiceForm) -> bool:
    kind, code = form.kind.data, form.code.data or ""
    try:
        in_one_transaction(
            lambda: services.add_service(kind, code, form.facts(), by=me(), now=clock.now())
        )
    except DomainError as error:
        form[BESIDE[type(error)]].errors = [say(error)]
        return False
    return True


@bp.route("/services/<id:service_id>", methods=["GET", "POST"])
@allow(Role.ADMIN)
@names_nobody("what can be booked")
def service(service_id: int) -> Response:
    found = db.session.get(Service, service_id) or abort(404)
    form, refusal = ServiceForm(data=asdict(facts_of(found))), ""
    if form.validate_on_submit():
        try:
            changed = in_one_transaction(lambda: _change(service_id, form))
        except (ChangedMeanwhile, BookedOutsideAges) as error:
            refusal = say(error)
            if isinstance(error, BookedOutsideAges):
                form.asked_about.data = error.params["visits"]
        except DomainError as error:
            form[BESIDE[type(error)]].errors = [say(error)]
        else:
            flash(_("Saved.") if changed else _("Nothing was changed."))
            return see_other("setup.all_services")
    found = db.session.get_one(Service, service_id, populate_existing=True)
    form.version.data = version_of(facts_of(found))
    return render(
        "setup/service.html",
        status=422 if form.errors or refusal else 200,
        form=form,
        service=found,
        never_priced=room_of(found.kind).never_priced,
        differs=_differs(form, found) if refusal else [],
        refusal=refusal,
    )


def _differs(form: ServiceForm, found: Service) -> list[tuple[str, object]]:
    """What is on record where something else was typed: the field's name and its value."""
    return [
        (form[name].label.text, yuan(value) if name == "price_fen" and value is not None else value)
        for name, value in asdict(facts_of(found)).items()
        if form[name].data != value
    ]


def _change(service_id: int, form: ServiceForm) -> bool:
    return services.change_service(
        db.session.get_one(Service, service_id),
        form.facts(),
        version=form.version.data or "",
        asked_about=form.asked_about.data or 0,
        by=me(),
        now=clock.now(),
    )
