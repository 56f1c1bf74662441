"""Forms about people of the staff."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import Field
from wtforms.fields import SelectChoice
from wtforms.validators import ValidationError

from clinic.accounts.contacts import normalised
from clinic.accounts.memberships import AT_A_CENTRE
from clinic.accounts.models import Profession, Role
from clinic.accounts.words import PROFESSIONS, ROLES
from clinic.centres.models import Practitioner
from clinic.fields import Checkboxes, Form, Name, Select, Text
from clinic.i18n import gettext, name_of
from clinic.staff.practitioners import Described
from clinic.staff.words import LANGUAGES, Language

NEW = "new"


class DescribedForm(Form):
    """How families and the rota know a clinician."""

    name_zh = Name(_l("Name, in Chinese"), required=_l("Enter the name."))
    name_en = Name(_l("Name, in English"), most=80, required=_l("Enter the name."))
    title_zh = Text(_l("Title, in Chinese"), most=60, required=_l("Enter the title."))
    title_en = Text(_l("Title, in English"), most=80, required=_l("Enter the title."))
    fields_zh = Text(_l("Fields, in Chinese (optional)"), most=120)
    fields_en = Text(_l("Fields, in English (optional)"), most=160)
    languages = Checkboxes(_l("Languages (optional)"), required="")

    def __init__(self, **kw: object) -> None:
        super().__init__(**kw)
        self.languages.choices = [
            SelectChoice(language.value, gettext(label)) for language, label in LANGUAGES.items()
        ]

    def described(self) -> Described:
        """What was typed."""
        return Described(
            self.name_zh.data or "",
            self.name_en.data or "",
            self.title_zh.data or "",
            self.title_en.data or "",
            self.fields_zh.data or "",
            self.fields_en.data or "",
            [Language(each).value for each in self.languages.data or []],
        )


class DutiesForm(DescribedForm):
    """What somebody is at a centre; for a clinician, with which profession, and who on the rota.

    `free`: the centre's practitioners who have no sign-in. `known`: theirs, if they have one.
    """

    roles = Checkboxes(_l("Roles here"), required=_l("Choose at least one role."))
    profession = Select(_l("Profession"), required="")
    practitioner = Select(_l("On the rota"), required="")

    def __init__(
        self, *, free: Sequence[Practitioner], known: Practitioner | None = None, **kw: object
    ) -> None:
        super().__init__(**kw)
        self.known = known
        self.roles.choices = [
            SelectChoice(role.value, gettext(ROLES[role])) for role in AT_A_CENTRE
        ]
        self.profession.choices = [
            SelectChoice("", gettext("Choose")),
            *(SelectChoice(each.value, gettext(label)) for each, label in PROFESSIONS.items()),
        ]
        self.practitioner.choices = [
            SelectChoice("", gettext("Choose")),
            *(
                SelectChoice(str(row.id), f"{name_of(row)} · {name_of(row, 'title')}")
                for row in free
            ),
            SelectChoice(NEW, gettext("A new clinician, described below")),
        ]

    @property
    def is_clinician(self) -> bool:
        """Whether the role of a clinician is ticked."""
        return Role.CLINICIAN.value in (self.roles.data or [])

    @property
    def is_new(self) -> bool:
        """Whether a clinician is to be added to the rota."""
        return self.is_clinician and not self.known and self.practitioner.data == NEW

    def validate(self, *args: object, **kw: object) -> bool:
        """The description counts only for a new clinician."""
        super().validate(*args, **kw)
        if not self.is_new:
            for field in DESCRIBED:
                self[field].errors = []
        return not self.errors

    def validate_profession(self, field: Field) -> None:
        if self.is_clinician and not field.data:
            raise ValidationError(gettext("Choose the profession of a clinician."))

    def validate_practitioner(self, field: Field) -> None:
        if self.is_clinician and not self.known and not field.data:
            raise ValidationError(
                gettext("Choose who of the rota this is, or add a new clinician.")
            )

    def chosen(self) -> frozenset[Role]:
        """The roles."""
        return frozenset(map(Role, self.roles.data or []))

    def chosen_profession(self) -> Profession | None:
        """A clinician's profession."""
        return Profession(self.profession.data) if self.is_clinician else None


DESCRIBED = (
    "name_zh",
    "name_en",
    "title_zh",
    "title_en",
    "fields_zh",
    "fields_en",
    "languages",
)


class InvitationForm(DutiesForm):
    """Whom to invite, and as what."""

    name = Name(_l("Name"), required=_l("Enter the name."))
    contact = Text(
        _l("Mobile number or e-mail"),
        required=_l("Enter the mobile number or e-mail address."),
        reader=normalised,
        most=120,
    )


class AdministratorForm(Form):
    """Whom to invite as an administrator of the city."""

    name = InvitationForm.name
    contact = InvitationForm.contact
