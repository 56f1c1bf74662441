"""Every page says who may open it, and everybody else is turned away."""

from datetime import timedelta

import pytest

from clinic.accounts import staff_invitations
from clinic.accounts.models import Profession, Role
from clinic.accounts.rights import TABLE, role_of
from clinic.amounts import Kind
from clinic.centres.models import Closure, Leave
from clinic.checkups.check import recording
from clinic.checkups.growth.measuring import Measured
from clinic.clock import day_bounds
from clinic.db import db
from clinic.families import registering
from clinic.families.models import Guardianship, Relation
from clinic.scheduling.changes import applying, kinds, leaves
from clinic.vaccination.jab.models import GivenDose
from clinic.vaccination.record import recording as record_recording
from clinic.vaccination.record.models import Source
from clinic.vaccination.record.rules import Entry
from clinic.vaccination.stock import lots
from clinic.visits import arriving
from tests.makes import (
    NOON,
    TOMORROW,
    make_announcement,
    make_centre,
    make_child,
    make_picture,
    make_user,
)
from tests.walking import admits
from tests.world import World

METHODS = ("GET", "POST")
OTHERS = (Profession.VACCINATOR, Profession.SPEECH_THERAPIST)
# The clinician is a doctor.
ROLES = (Role.PARENT, Role.CLINICIAN, *OTHERS, Role.RECEPTION, Role.MANAGER, Role.ADMIN)
CHECKS = ("checkups.before", "checkups.check")  # of an appointment that is a health check
WHOSE = ("theirs", "of somebody else")


def pages(app):
    """Every (rule, method) of the site but the static files."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            for method in METHODS:
                if method in rule.methods:
                    yield rule, method


def address(rule):
    """The rule with something in its places."""
    values = dict.fromkeys(rule.arguments, "1")
    return rule.build(values, append_unknown=False)[1]


def somebody(duty, centre):
    """A user who is that at the centre."""
    profession = duty if isinstance(duty, Profession) else Profession.DOCTOR
    return make_user(role_of(duty), centre=centre, profession=profession)


def test_every_page_declares_who_may_use_it(app):
    undeclared = [
        rule.endpoint
        for rule, _ in pages(app)
        if not getattr(app.view_functions[rule.endpoint], "allowed_roles", None)
    ]
    assert undeclared == []


def test_every_public_page_says_why(app):
    silent = [
        rule.endpoint
        for rule, _ in pages(app)
        if "everyone" in app.view_functions[rule.endpoint].allowed_roles
        and not app.view_functions[rule.endpoint].public_because
    ]
    assert silent == []


def test_strangers_are_asked_to_sign_in(app, client):
    for rule, method in pages(app):
        if "everyone" in app.view_functions[rule.endpoint].allowed_roles:
            continue
        answer = client.open(address(rule), method=method)
        assert answer.status_code == 303, rule
        assert answer.location.startswith("/sign-in"), rule


@pytest.mark.parametrize("role", ROLES)
def test_other_roles_are_refused(app, client, role):
    client.sign_in(somebody(role, make_centre()))
    for rule, method in pages(app):
        if admits(app, rule.endpoint, role):
            continue
        assert client.open(address(rule), method=method).status_code == 403, rule


def coming(kind, code, parent, centre):
    """A visit to come for a service of that kind, of a child of its own."""
    world = World(kind, code=code, centre=centre, hours={})
    return world.book(child=make_child(parent), by=parent)


def a_dose_given(visit, *, by):
    """A dose that was given at the visit, and its lot."""
    product = lots.product_of("MMR", "北京生物")
    lot = lots.receive(visit.centre_id, product, "A1", TOMORROW, 5, by=by, now=NOON)
    entries = [Entry("MMR", NOON.date())]
    (jab,) = record_recording.record(visit.child, entries, by=by, source=Source.HERE, now=NOON)
    jab.centre_id, jab.appointment_id, jab.given_at = visit.centre_id, visit.id, NOON
    jab.site, jab.route, jab.lot_number = "left arm", "SC", lot.number
    given = GivenDose(immunization_id=jab.id, lot_id=lot.id, checks=[])
    db.session.add(given)
    return lot, given


def changed_hours(practitioner, centre, people):
    """A leave and a closure that stand; a request for leave that is open, which is returned."""
    days = [day_bounds(TOMORROW + timedelta(days=n)) for n in (7, 8, 9)]
    asked = leaves.ask_leave(practitioner, *days[0], "", by=people[Role.CLINICIAN], now=NOON)
    away = kinds.Away(practitioner, *days[1])
    version = applying.preview(away, now=NOON).version
    leaves.send_away(away, version, by=people[Role.MANAGER], now=NOON)
    closing = kinds.Close(centre, *days[2], "检修", "Repairs")
    version = applying.preview(closing, now=NOON).version
    applying.apply(closing, version, by=people[Role.MANAGER], now=NOON)
    return asked


def asked_to_join(centre, manager):
    """An invitation to work at the centre."""
    facts = {"name": "梁音", "contact": "+8613700137000", "role": Role.RECEPTION}
    asked, _ = staff_invitations.invite(**facts, centre_id=centre.id, by=manager, now=NOON)
    db.session.commit()
    return asked


@pytest.fixture
def world(app):
    """One of everything that an address can name, with the people it belongs to."""
    made = World(hours={})
    parent, centre, child = made.parent, made.centre, made.child
    people = {role: somebody(role, centre) for role in ROLES[1:]} | {Role.PARENT: parent}
    made.practitioner.user = people[Role.CLINICIAN]
    visit = made.book(child=child, by=parent)
    coming_check = coming("checkups", "health-check", parent, centre)
    screening = coming("checkups", "spine-screening", parent, centre)
    coming_jab = coming("vaccination", "vaccination", parent, centre)
    hold = made.hold(-1, by=parent)
    entry = made.join(by=parent, parts=["evening"], last_day=TOMORROW)
    (dose,) = record_recording.record(
        child, [Entry("BCG", child.birth_date)], by=parent, source=Source.BOOKLET, now=NOON
    )
    (measured,) = recording.measure_at_home(
        child, [Measured(child.birth_date, Kind.WEIGHT, 3200)], by=parent, now=NOON
    )
    target = recording.Target(child.id, centre.id, "M12", TOMORROW, visit.id)
    check = recording.save_check(target, 0, [], {}, by=people[Role.CLINICIAN], now=NOON)
    recording.finish_check(check, visit, by=people[Role.CLINICIAN], now=visit.ends_at, note="")
    invitation, token = registering.invite(relation=Relation.FATHER, by=parent, now=NOON)
    db.session.commit()
    lot, given = a_dose_given(visit, by=people[Role.MANAGER])
    asked = changed_hours(made.practitioner, centre, people)
    leave = db.session.query(Leave).one()
    here = made.book(1)
    ticket = arriving.check_in(here, by=people[Role.RECEPTION], now=visit.starts_at)
    first = db.session.query(Guardianship).filter_by(child_id=child.id).one()
    names = {
        "appointment_id": visit.id,
        "coming_jab_id": coming_jab.id,
        "check_id": check.id,
        "coming_check_id": coming_check.id,
        "screening_id": screening.id,
        "child_id": child.id,
        "closure_id": db.session.query(Closure).one().id,
        "announcement_id": make_announcement(centre, people[Role.MANAGER]).id,
        "code": centre.code,
        "picture_id": make_picture(centre, people[Role.MANAGER]).id,
        "name": "rooms.csv",
        "room_id": made.room.id,
        "entry_id": entry.id,
        "guardianship_id": first.id,
        "hold_id": hold.id,
        "given_id": given.id,
        "immunization_id": dose.id,
        "invitation_id": invitation.id,
        "lot_id": lot.id,
        "leave_id": leave.id,
        "measurement_id": measured.id,
        "request_id": asked.id,
        "service_id": made.service.id,
        "session_id": made.session.id,
        "ticket_id": ticket.id,
        "token": token,
        "staff_invitation_id": asked_to_join(centre, people[Role.MANAGER]).id,
        "practitioner_id": made.practitioner.id,
        "user_id": people[Role.CLINICIAN].id,
        "administrator_id": somebody(Role.ADMIN, centre).id,
    }
    return names, people


def expected(app, rule, role, whose):
    """The answers that the marks of the view allow for."""
    if not admits(app, rule.endpoint, role):
        return {403}
    if is_own_only(app, rule, role):
        return {404}
    is_anybodys = rule.arguments <= {"token"}  # whoever has the link is invited
    if whose == "theirs" or role is Role.ADMIN or is_anybodys:  # administrators have every centre
        return {200, 303, 409, 422} | ({404} if is_about_something_else(rule) else set())
    return {404}


def is_own_only(app, rule, role):
    """Whether the address names a visit of the doctor, and only who sees the child may open it."""
    deeds = getattr(app.view_functions[rule.endpoint], "deeds", ())
    own = any(role in TABLE[deed].own for deed in deeds)
    return role in OTHERS and own and bool({"appointment_id", "request_id"} & rule.arguments)


def is_about_something_else(rule):
    """Where the world has nothing to show: other services' pages, a course of nothing yet."""
    room, page = rule.endpoint.split(".")
    of_a_service = page in ("confirm", "release", "hold", "course", "remaining", "leave")
    return of_a_service and (room != "pediatrics" or page in ("course", "remaining", "hold"))


@pytest.mark.heavy("every page as each role")
@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("whose", WHOSE)
@pytest.mark.parametrize("role", ROLES)
def test_every_page_answers_every_role_as_its_mark_says(app, client, world, role, whose):
    names, people = world
    user = people[role] if whose == "theirs" else somebody(role, make_centre())
    wrong = []
    # Taking an invitation comes last for others, for after it the children are theirs.
    last = {"token"} if whose != "theirs" else None
    for rule, method in sorted(
        pages(app), key=lambda page: (page[0].arguments == last, page[1], page[0].endpoint)
    ):
        view = app.view_functions[rule.endpoint]
        if "everyone" in view.allowed_roles:
            continue
        values = {name: names[name] for name in rule.arguments}
        if rule.endpoint in CHECKS:
            values["appointment_id"] = names["coming_check_id"]
        if rule.endpoint == "vaccination.before":
            values["appointment_id"] = names["coming_jab_id"]
        if rule.endpoint == "staff.remove_administrator":
            values["user_id"] = names["administrator_id"]
        if rule.endpoint == "checkups.spine":
            values["appointment_id"] = names["screening_id"]
        address = rule.build(values, append_unknown=False)[1]
        answer = client.sign_in(user).open(address, method=method)
        if answer.status_code not in expected(app, rule, role, whose):
            wrong.append((method, address, answer.status_code))
    assert wrong == []


@pytest.mark.usefixtures("noon")
def test_an_address_that_takes_forms_only_leads_back_to_its_page(app, client, world):
    """It stands in the browser's bar after a refusal: to load it again is no fault of anybody."""
    names, people = world
    lost = []
    takes = {rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods}
    for rule, method in pages(app):
        if method != "POST" or rule.rule in takes:
            continue
        let_in = (role for role in ROLES if admits(app, rule.endpoint, role))
        user = people[next(let_in, Role.PARENT)]
        values = {name: names[name] for name in rule.arguments}
        address = rule.build(values, append_unknown=False)[1]
        answer = client.sign_in(user).get(f"{address}?centre={names['code']}")
        page = client.get(answer.location or "/")
        if is_about_something_else(rule) and page.status_code in (303, 404):
            continue
        if (answer.status_code, page.status_code) != (303, 200) or page.request.path == address:
            lost.append((address, answer.location, page.status_code))
    assert lost == []


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/manage/rota/undo?centre=zhaohui", "/manage/rota?centre=zhaohui"),
        ("/manage/rota/end?rule=3", "/manage/rota/rule?rule=3"),
        ("/pediatrics/holds?day=2026-03-03", "/pediatrics/?day=2026-03-03"),
        ("/checkups/children/7/measurements/8/removal", "/checkups/children/7/growth"),
        ("/vaccination/children/7/immunizations/8/removal", "/vaccination/children/7/booklet"),
        ("/family/invitations/7/withdrawal", "/family/invitations"),
        ("/vaccination/visits/7/leaving", "/vaccination/observation"),
        ("/desk/queue/tickets/7", "/desk/queue"),
        ("/manage/rota/undo?x=//evil.example", "/manage/rota?x=//evil.example"),
        ("/sign-out", "/"),
    ],
)
def test_the_page_of_an_address_that_takes_forms_only(client, address, page):
    """Also for a stranger: what is there is the page's to say."""
    answer = client.get(address)
    assert (answer.status_code, answer.location) == (303, page)


def test_the_answers_carry_a_strict_policy(client):
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"


def test_no_page_has_style_or_script_in_it(app):
    import re

    inline = re.compile(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", re.IGNORECASE)
    found = [
        name
        for name in app.jinja_env.list_templates()
        if inline.search(app.jinja_env.loader.get_source(app.jinja_env, name)[0])
    ]
    assert found == []
