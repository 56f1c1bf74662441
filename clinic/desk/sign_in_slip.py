"""A family that never signed in gets a slip with a code, once reception has seen its papers."""

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.fields import SelectChoice

from clinic import audit, clock
from clinic.accounts import one_time_links
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role, User
from clinic.accounts.sent_forms import each_time, token_of_form
from clinic.accounts.shown_once import show_once
from clinic.db import in_one_transaction
from clinic.desk.blueprint import bp
from clinic.desk.queries import get_appointment
from clinic.errors import DomainError
from clinic.fields import Form, Radio
from clinic.hosts import public_url
from clinic.i18n import say
from clinic.scheduling.models import Appointment
from clinic.web import render

# Which papers are enough is the centre's to decide: unverified, to be confirmed before the opening.
GUARDIANS = (
    SelectChoice("identity-card", _l("Identity card")),
    SelectChoice("residence-permit", _l("Residence permit")),
    SelectChoice("passport", _l("Passport")),
)
CHILDS = (
    SelectChoice("birth-certificate", _l("Birth certificate")),
    SelectChoice("household-register", _l("Household register")),
    SelectChoice("vaccination-booklet", _l("Vaccination booklet")),
    SelectChoice("court", _l("Decision of a court or of the civil affairs office")),
)


class PapersForm(Form):
    """Whose slip it is, and which papers were seen. Nothing is ticked beforehand."""

    guardian = Radio(_l("For whom"), ids=True, required=_l("Choose whose slip it is."))
    of_guardian = Radio(
        _l("Paper that shows who they are"),
        choices=GUARDIANS,
        required=_l("Choose the paper that you have seen."),
    )
    of_child = Radio(
        _l("Paper that shows that they care for the child"),
        choices=CHILDS,
        required=_l("Choose the paper that you have seen."),
    )


@bp.route("/appointments/<id:appointment_id>/sign-in-slip", methods=["GET", "POST"])
@allow(Role.RECEPTION)
@each_time("the form's key makes the code, which only the answer shows")
def sign_in_slip(appointment_id: int) -> Response:
    appointment = get_appointment(me(), appointment_id)
    audit.note_read(appointment.child_id, appointment.centre_id)
    users = never_signed_in(appointment)
    form = PapersForm()
    form.guardian.choices = [SelectChoice(user.id, user.name) for user in users]
    if users and form.validate_on_submit():
        user = next(user for user in users if user.id == form.guardian.data)
        papers = [form.of_guardian.data, form.of_child.data]
        code = one_time_links.code_from(token_of_form(one_time_links.TOKEN_BYTES), user)
        try:
            in_one_transaction(
                lambda: one_time_links.make_slip(
                    user,
                    papers,
                    centre_id=appointment.centre_id,
                    by=me(),
                    now=clock.now(),
                    code=code,
                )
            )
        except DomainError as refused:
            form.form_errors = [say(refused)]
            appointment = get_appointment(me(), appointment_id)
        else:
            return _shown(appointment, user, code)
    return render(
        "desk/sign_in_slip.html",
        status=422 if form.errors else 200,
        form=form,
        appointment=appointment,
        users=users,
    )


def never_signed_in(appointment: Appointment) -> list[User]:
    """The child's guardians whose accounts nobody has claimed."""
    return [
        guardianship.user
        for guardianship in appointment.child.guardianships
        if not guardianship.revoked_at and guardianship.user.claimed_at is None
    ]


def _shown(appointment: Appointment, user: User, code: str) -> Response:
    return show_once(
        public_url("accounts.scanned_slip", secret=code),
        name=user.name,
        title=_("Sign-in slip"),
        says=_(
            "Scan the code with a phone, or open %(address)s and type it. It works once, within 48 hours.",
            address=public_url("accounts.slip"),
        ),
        back=("desk.show", {"appointment_id": appointment.id}),
        code=one_time_links.spoken(code),
    )
