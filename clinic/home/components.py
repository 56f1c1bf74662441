"""Every part that pages share, in each of its states. In demo mode only: it is for who builds pages."""

from flask import Blueprint, Response, abort
from werkzeug.datastructures import MultiDict

from clinic.accounts.access import demo_mode, public
from clinic.centres.announcements import Announcement
from clinic.home.forms import Sample
from clinic.scheduling.status import Status
from clinic.static_files import icon_names
from clinic.web import render

bp = Blueprint("components", __name__)


@bp.get("/demo/components")
@public("demo mode only: shows parts of pages, and nothing of anybody")
def show() -> Response:
    if not demo_mode():
        abort(404)
    fresh = Sample(formdata=None, meta={"csrf": False})
    refused = Sample(formdata=MultiDict(), prefix="refused-", meta={"csrf": False})
    refused.validate()
    return render(
        "home/components.html",
        fresh=fresh,
        refused=refused,
        announcement=Announcement(text_zh="今天下午停诊。", text_en=""),
        statuses=list(Status),
        icons=icon_names(),
    )
