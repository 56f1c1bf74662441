"""The pictures of centres, as browsers ask for them."""

from flask import Blueprint, Response, abort
from sqlalchemy import select

from clinic.accounts.access import public
from clinic.centres.pictures import CentrePicture
from clinic.db import db

bp = Blueprint("pictures", __name__)
# A shared cache must not keep it: the answer may renew its reader's cookie.
FOR_GOOD = "private, max-age=31536000, immutable"


@bp.get("/pictures/<name>.jpg")
@public("a centre shows them to everybody; the name says what is in it")
def picture(name: str) -> Response:
    data = db.session.scalar(
        select(CentrePicture.data).where(CentrePicture.name == name[:64]).limit(1)
    )
    if data is None:
        abort(404)
    return Response(data, mimetype="image/jpeg", headers={"Cache-Control": FOR_GOOD})
