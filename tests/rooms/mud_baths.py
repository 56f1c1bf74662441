"""A kind of service that only the tests have: it asks before a family chooses a time."""

from datetime import timedelta

from flask import render_template_string, request

from clinic import clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.booking import booking_pages
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.families.consenting import needs_consent
from clinic.families.models import Child
from clinic.families.queries import get_child
from clinic.outside import id_of
from clinic.questionnaires import forms
from clinic.questionnaires.answers import is_fresh
from clinic.questionnaires.files import read
from clinic.questionnaires.responding import latest, respond
from clinic.scheduling.verdict.rules import Objection
from clinic.services.room import AskFirst, Link, ServiceRoom, TurnedAway
from clinic.typed import typed_in
from clinic.web import next_or

bp = booking_pages("mud_baths", "Mud baths")
GOOD_FOR = timedelta(hours=6)
RULES = (("fever", "doctor"), ("cut", "stop"))
ASKED = read(
    {
        "code": "mud_baths",
        "version": "1",
        "consequences": ["go", "doctor", "stop"],
        "questions": [
            {"code": "fever", "zh": "发热吗？", "en": "A fever?"},
            {"code": "cut", "zh": "有伤口吗？", "en": "A cut?"},
        ],
        "rules": [
            {"question": code, "consequence": consequence, "zh": code, "en": code}
            for code, consequence in RULES
        ],
    }
)
PAGE = """{% extends "base.html" %}{% import "questionnaires/_questions.html" as questions_ %}
{% block content %}<h1>{{ name }}</h1><form method="post" id="first">{{ ui.csrf() }}
{% for question in questions %}{{ questions_.ask(question, typed, errors) }}{% endfor %}
<button>Go on</button></form>{% endblock %}"""


@bp.route("/first", methods=["GET", "POST"], endpoint="first")
@allow(Role.PARENT)
@needs_consent
def first():
    child, now, errors = get_child(me(), id_of(request.args, "child")), clock.now(), {}
    before, born, today = latest(ASKED.code, child.id), child.birth_date, clinic_day(now)
    asked = ASKED.asked_of(born, child.sex, today)
    typed = forms.typed_of(before.given) if before else {}
    if request.method == "POST":
        typed = typed_in(request.form)
        answers, errors = forms.answers_in(asked, typed, birth_date=born, today=today)
        if not errors:
            facts = {"language": "zh", "by": me(), "now": now}
            in_one_transaction(lambda: respond(ASKED, child.id, answers, **facts))
            return next_or("appointments.index")
    facts = {"name": child.name, "questions": asked, "typed": typed, "errors": errors}
    return render_template_string(PAGE, **facts), 422 if errors else 200


def before_choosing(requests, now):
    for child in (wish.child for wish in requests):
        row = latest(ASKED.code, child.id)
        if row is None or not is_fresh(row.at, now, GOOD_FOR):
            return AskFirst("mud_baths.first", child.id)
        if row.consequence == "stop":
            name = db.session.get_one(Child, child.id).name
            return TurnedAway(Objection("cut", "No mud on a cut: %(name)s.", {"name": name}))
        if row.consequence == "doctor":
            doctor = Link("See a doctor", "stethoscope", "pediatrics.choose", {"child": child.id})
            return TurnedAway(Objection("fever", "A doctor looks at the fever first."), doctor)
    return None


MUD_BATHS = ServiceRoom(
    kind="mud_baths",
    title="Mud baths",
    about="Warm mud.",
    book="Book a mud bath",
    icon="sprout",
    pages=bp,
    before_choosing=before_choosing,
)
