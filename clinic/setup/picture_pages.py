"""The pictures of a centre: added, described, removed."""

from flask import Response, flash, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import RequestEntityTooLarge

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.rights import Deed
from clinic.centres import pictures as verbs
from clinic.centres.managed import managed_centre
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.setup.blueprint import bp
from clinic.setup.forms import PictureForm
from clinic.web import render, see_other

UPLOAD = "setup.pictures"
MOST_BYTES = 16 * 1024 * 1024  # of one upload; other forms of the site may have 2 MB


@bp.url_value_preprocessor
def _let_pictures_in(endpoint: str | None, _values: dict[str, object] | None) -> None:
    """Before anything reads the form. Who may not upload is turned away before it is read."""
    if endpoint == UPLOAD:
        request.max_content_length = MOST_BYTES


@bp.errorhandler(RequestEntityTooLarge)
def _too_large(error: RequestEntityTooLarge) -> Response | RequestEntityTooLarge:
    """The sentence beside the field; the body was not read, and held nothing else."""
    if request.endpoint != UPLOAD or not request.view_args:
        return error
    return _page(str(request.view_args["code"]), _("Together at most 16 MB, please."))


@bp.route("/centres/<code>/pictures", methods=["GET", "POST"])
@allow(Deed.SET_UP)
@names_nobody("what a centre shows of itself")
def pictures(code: str) -> Response:
    if request.method == "GET":
        return _page(code)
    files = [file for file in request.files.getlist("picture") if file.filename]
    if not files:
        return _page(code, _("Choose a picture."))
    contents = [file.read() for file in files]

    def work() -> None:
        centre = managed_centre(me(), code)
        for content in contents:
            verbs.add(centre, content, by=me(), now=clock.now())

    try:
        in_one_transaction(work)
    except DomainError as refused:
        return _page(code, say(refused))
    flash(ngettext("%(num)s picture added.", "%(num)s pictures added.", len(contents)), "success")
    return see_other(UPLOAD, code=code)


@bp.post("/centres/<code>/pictures/<id:picture_id>/description")
@allow(Deed.SET_UP)
@names_nobody("what a centre shows of itself")
def describe_picture(code: str, picture_id: int) -> Response:
    form = PictureForm(prefix=_prefix(picture_id))
    if not form.validate_on_submit():
        return _page(code, refused=(picture_id, form))

    def work() -> None:
        picture = verbs.get_picture(managed_centre(me(), code), picture_id)
        texts = form.alt_zh.data or "", form.alt_en.data or ""
        verbs.describe(picture, *texts, by=me(), now=clock.now())

    in_one_transaction(work)
    flash(_("Saved."), "success")
    return see_other(UPLOAD, code=code)


@bp.post("/centres/<code>/pictures/<id:picture_id>/removal")
@allow(Deed.SET_UP)
@names_nobody("what a centre shows of itself")
def remove_picture(code: str, picture_id: int) -> Response:
    def work() -> None:
        picture = verbs.get_picture(managed_centre(me(), code), picture_id)
        verbs.remove(picture, by=me(), now=clock.now())

    in_one_transaction(work)
    flash(_("The picture is removed."), "success")
    return see_other(UPLOAD, code=code)


def _page(code: str, error: str = "", refused: tuple[int, PictureForm] | None = None) -> Response:
    """`refused` is the description of a picture, by its id, that could not be taken."""
    centre = managed_centre(me(), code)
    shown = verbs.pictures_of(centre)
    if refused and refused[0] not in {picture.id for picture in shown}:
        verbs.get_picture(centre, refused[0])  # it is gone: 404
    return render(
        "setup/pictures.html",
        status=422 if error or refused else 200,
        centre=centre,
        rows=[(picture, _form_of(picture, refused)) for picture in shown],
        error=error,
        most=verbs.MOST,
    )


def _form_of(picture: verbs.CentrePicture, refused: tuple[int, PictureForm] | None) -> PictureForm:
    if refused and refused[0] == picture.id:
        return refused[1]
    return PictureForm(formdata=None, obj=picture, prefix=_prefix(picture.id))


def _prefix(picture_id: int) -> str:
    """Before the names of the fields of one of several forms on the page."""
    return f"picture-{picture_id}-"
