"""The rooms of a centre."""

from flask import Response, flash
from flask_babel import gettext as _
from sqlalchemy import select

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.rights import Deed
from clinic.centres import rooms as verbs
from clinic.centres.managed import managed_centre
from clinic.centres.models import Room
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.setup.blueprint import bp
from clinic.setup.forms import RoomForm
from clinic.web import render, see_other


@bp.route("/centres/<code>/rooms", methods=["GET", "POST"])
@allow(Deed.SET_UP)
@names_nobody("the rooms of a centre")
def rooms(code: str) -> Response:
    centre, form = managed_centre(me(), code), RoomForm(stations=1)
    if form.validate_on_submit():
        try:
            in_one_transaction(
                lambda: verbs.add(
                    managed_centre(me(), code), form.facts(), by=me(), now=clock.now()
                )
            )
        except verbs.NameTaken as refused:
            form.name_zh.errors = [say(refused)]
            centre = managed_centre(me(), code)
        else:
            flash(_("The room is added."), "success")
            return see_other("setup.rooms", code=code)
    query = select(Room).where(Room.centre_id == centre.id).order_by(Room.id)
    return render(
        "setup/rooms.html",
        status=422 if form.errors else 200,
        centre=centre,
        rooms=list(db.session.scalars(query)),
        form=form,
    )


@bp.route("/centres/<code>/rooms/<id:room_id>", methods=["GET", "POST"])
@allow(Deed.SET_UP)
@names_nobody("the rooms of a centre")
def room(code: str, room_id: int) -> Response:
    found = verbs.get_room(managed_centre(me(), code), room_id)
    form = RoomForm(obj=found)
    if form.validate_on_submit():
        try:
            in_one_transaction(lambda: _change(code, room_id, form))
        except verbs.NameTaken as refused:
            form.name_zh.errors = [say(refused)]
        else:
            flash(_("Saved."), "success")
            return see_other("setup.rooms", code=code)
    return _room_page(code, room_id, form)


def _change(code: str, room_id: int, form: RoomForm) -> None:
    found = verbs.get_room(managed_centre(me(), code), room_id)
    verbs.change(found, form.facts(), by=me(), now=clock.now())


@bp.post("/centres/<code>/rooms/<id:room_id>/removal")
@allow(Deed.SET_UP)
@names_nobody("the rooms of a centre")
def remove_room(code: str, room_id: int) -> Response:
    def work() -> None:
        found = verbs.get_room(managed_centre(me(), code), room_id)
        verbs.remove(found, by=me(), now=clock.now())

    try:
        in_one_transaction(work)
    except DomainError as refused:
        found = verbs.get_room(managed_centre(me(), code), room_id)
        return _room_page(code, room_id, RoomForm(obj=found, formdata=None), say(refused))
    flash(_("The room is removed."), "success")
    return see_other("setup.rooms", code=code)


def _room_page(code: str, room_id: int, form: RoomForm, refusal: str = "") -> Response:
    centre = managed_centre(me(), code)
    return render(
        "setup/room.html",
        status=422 if form.errors or refusal else 200,
        centre=centre,
        room=verbs.get_room(centre, room_id),
        form=form,
        refusal=refusal,
    )
