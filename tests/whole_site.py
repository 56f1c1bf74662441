"""A small centre in the middle of a day, with something on every page of the site."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta

from sqlalchemy import func, select

from clinic.accounts import staff_invitations
from clinic.accounts.models import Profession, Role, User
from clinic.accounts.rights import Duty, role_of
from clinic.amounts import Kind
from clinic.calendar import feeds
from clinic.centres.models import Closure, Leave
from clinic.checkups.check import queries as check_queries
from clinic.checkups.check import recording
from clinic.checkups.due.questions import versions
from clinic.checkups.growth.measuring import Measured
from clinic.checkups.models import SPINE
from clinic.clock import at, clinic_day, day_bounds
from clinic.db import db
from clinic.families import registering
from clinic.families.models import Relation
from clinic.questionnaires.answers import Answer
from clinic.questionnaires.responding import respond_to_some
from clinic.scheduling.appointments import booking, new_times
from clinic.scheduling.changes import applying, leaves
from clinic.scheduling.changes import kinds as changes_kinds
from clinic.scheduling.models import Channel
from clinic.scheduling.rota import drafts, publishing
from clinic.scheduling.rota.diff import diff
from clinic.scheduling.rota.drafts import Template
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.waitlist import joining
from clinic.vaccination.jab import (
    before,
    giving,
    observation,
    screening,
)
from clinic.vaccination.jab.giving import Jab
from clinic.vaccination.jab.models import GivenDose
from clinic.vaccination.jab.queries import lines_of
from clinic.vaccination.jab.rules import CHECKS
from clinic.vaccination.record import conditions
from clinic.vaccination.record import recording as record_recording
from clinic.vaccination.record.models import Condition, Source
from clinic.vaccination.record.rules import Entry
from clinic.vaccination.stock import lots, reserving
from clinic.vaccination.stock.reserving import DoseToReserve
from clinic.visits import arriving
from tests.makes import (
    NOON,
    TOMORROW,
    make_announcement,
    make_appointment,
    make_centre,
    make_child,
    make_guardianship,
    make_hold,
    make_picture,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_stock,
    make_user,
)

TODAY = clinic_day(NOON)
NEXT_WEEK = TODAY + timedelta(days=7)
LATER = TODAY + timedelta(days=10)
NOW = at(TODAY, time(14, 20))
# The clinician is a doctor.
STAFF = (Role.CLINICIAN, Profession.VACCINATOR, Role.RECEPTION, Role.MANAGER, Role.ADMIN)
MMR = DoseToReserve("MMR", "MMR", 1)


@dataclass
class World:
    """`people` by role, or by profession; `names`: what an address may name, each with ids of which there is something to see."""

    people: dict[Duty, User]
    names: dict[str, list[object]] = field(default_factory=dict)

    def name(self, **found):
        for key, value in found.items():
            self.names.setdefault(key, []).append(value)


def make_world():
    """All of it, at NOW. Everything belongs to the one parent, and to the staff of the one centre."""
    world = World({})
    world.parent = world.people[Role.PARENT] = make_user(phone="+8613900139000")
    world.centre = make_centre()
    for duty in STAFF:
        profession = duty if isinstance(duty, Profession) else Profession.DOCTOR
        facts = {"centre": world.centre, "profession": profession}
        world.people[duty] = make_user(role_of(duty), **facts)
    world.doctor = world.people[Role.CLINICIAN]
    world.manager = world.people[Role.MANAGER]
    world.reception = world.people[Role.RECEPTION]
    _open_centre(world)
    _make_family(world)
    _book_visits(world)
    _record_home(world)
    _go_through_today(world)
    _plan_hours(world)
    db.session.commit()
    return world


def _open_centre(world):
    """All services by the one doctor and a colleague: this afternoon, tomorrow and in one and two weeks."""
    kinds = {
        "check": ("health-check", "checkups"),
        "spine": ("spine-screening", "checkups"),
    }
    kinds |= {one: (one, one) for one in ("pediatrics", "vaccination", "rehab")}
    world.services = {
        name: make_service(kind, code=code, minutes=15) for name, (code, kind) in kinds.items()
    }
    given = list(world.services.values())
    world.practitioner = make_practitioner(given, user=world.doctor, centre=world.centre)
    world.colleague = make_practitioner(given, centre=world.centre, name_zh="吴医生")
    world.room, world.second_room = (
        make_room(world.centre, name_zh=name) for name in ("诊室一", "诊室二")
    )
    hours = {"opens": time(13), "closes": time(17), "capacity": 9}
    days = [TODAY, TOMORROW, NEXT_WEEK + timedelta(days=1), LATER]
    world.sessions = {
        day: make_session(world.practitioner, world.room, given, day, **hours) for day in days
    }
    make_session(world.colleague, world.second_room, given, TOMORROW + timedelta(days=1), **hours)
    make_stock(world.centre)
    lot = stock_lot(world, expires_on=NEXT_WEEK, number="OLD")
    world.name(lot_id=lot.id, session_id=world.sessions[TODAY].id, code=world.centre.code)
    asked, _token = staff_invitations.invite(
        name="梁音",
        contact="+8613700137000",
        role=Role.RECEPTION,
        centre_id=world.centre.id,
        by=world.manager,
        now=NOON,
    )
    world.name(practitioner_id=world.colleague.id, secret="BCDFGHJKLM")
    world.name(user_id=world.doctor.id, staff_invitation_id=asked.id)
    world.name(service_id=world.services["spine"].id)
    announced = make_announcement(world.centre, world.manager, hours=48)
    picture = make_picture(world.centre, world.manager)
    world.name(room_id=world.room.id, announcement_id=announced.id, picture_id=picture.id)
    world.name(name=picture.name)
    world.name(session_id=make_session(world.colleague, world.second_room, given, LATER).id)


def stock_lot(world, *, expires_on, number):
    product = lots.product_of("MMR", "北京生物")
    facts = (world.centre.id, product, number, expires_on, 5)
    return lots.receive(*facts, by=world.manager, now=NOON)


def _make_family(world):
    born = {"王一禾": date(2025, 2, 1), "王一麦": date(2025, 6, 10), "王一木": date(2017, 5, 1)}
    world.children = [
        make_child(world.parent, name=name, birth_date=day, allergies="青霉素", birth_weight_g=3200)
        for name, day in born.items()
    ]
    father = make_user(name="李强")
    for child in world.children:
        row = make_guardianship(father, child, relation=Relation.FATHER)
        world.name(child_id=child.id, guardianship_id=row.id)
    invited, _own = registering.invite(relation=Relation.OTHER, by=world.parent, now=NOON)
    _invited, theirs = registering.invite(
        relation=Relation.OTHER, by=make_child_of_others().user, now=NOON
    )
    world.name(invitation_id=invited.id, token=theirs)


def make_child_of_others():
    return make_child(make_user(name="赵敏"), name="赵子沐").guardianships[0]


def visit(world, child, service, day, *, number=0, doses=(), **kw):
    """An appointment of the parent's child on that day, in the slot of that number."""
    slot = world.sessions[day].slots[number]
    made = make_appointment(child, world.services[service], slot, by=world.parent, **kw)
    reserving.reserve(doses, appointment=made, by=world.parent, now=NOON)
    world.name(appointment_id=made.id)
    return made


def _book_visits(world):
    one, two, three = world.children
    world.today = {
        "jab": visit(world, one, "vaccination", TODAY, number=6, doses=[MMR]),
        "check": visit(world, two, "check", TODAY, number=7),
        "spine": visit(world, three, "spine", TODAY, number=8),
        "missed": visit(world, two, "pediatrics", TODAY, number=1),
        "late": visit(world, three, "pediatrics", TODAY, number=12),
    }
    visit(world, one, "pediatrics", TOMORROW, number=3)
    visit(world, two, "vaccination", TOMORROW, number=5)
    course = [
        Request(three, world.services["rehab"], slots_for(world.services["rehab"], slot.id))
        for slot in (world.sessions[day].slots[9] for day in (TOMORROW, LATER))
    ]
    made = booking.book(
        course, by=world.parent, key="course", channel=Channel.ONLINE, now=NOON
    ).row.appointments
    world.name(appointment_id=made[0].id)
    for kind in ("pediatrics", "check", "vaccination", "rehab"):
        service = world.services[kind]
        number = ("pediatrics", "check", "vaccination", "rehab").index(kind)
        slot = world.sessions[LATER].slots[number]
        wanted = Request(
            make_child(world.parent, name=f"小{number}"), service, slots_for(service, slot.id)
        )
        if kind in ("pediatrics", "vaccination"):
            world.name(hold_id=make_hold(wanted, by=world.parent, now=NOW).id)
        entry = joining.join(
            world.parent,
            [one],
            service,
            [world.centre],
            weekdays=[TOMORROW.weekday()],
            parts=["evening"],
            first_day=TOMORROW,
            last_day=TOMORROW,
            now=NOON,
        )
        world.name(entry_id=entry.id)
    db.session.commit()


def _record_home(world):
    """A booklet, weights, and answers before the visits."""
    one, two, _three = world.children
    for child in (one, two):
        entries = [Entry("BCG", child.birth_date, 1), Entry("HepB", child.birth_date, 1)]
        for row in record_recording.record(
            child, entries, by=world.parent, source=Source.BOOKLET, now=NOON
        ):
            world.name(immunization_id=row.id)
        measured = [Measured(child.birth_date, Kind.WEIGHT, 3200)]
        for row in recording.measure_at_home(child, measured, by=world.parent, now=NOON):
            world.name(measurement_id=row.id)
    recording.set_parent_heights(one, 1620, 1750, by=world.parent, now=NOON)


def _agree(world, visited, doses):
    answers = {question.code: Answer("no") for question in screening.versions().current.questions}
    before.answer(visited, answers, doses, language="zh", by=world.parent, now=NOW)
    lines = [line for line in lines_of(visited, TODAY) if line.vaccine.code in doses]
    before.decide(
        visited, [(line, True) for line in lines], language="zh", by=world.parent, now=NOW
    )
    return lines


def _go_through_today(world):
    """Some have come: one to be vaccinated, one under observation, one with a reaction; a check is over."""
    for visited in (world.today["jab"], world.today["check"], world.today["spine"]):
        ticket = arriving.check_in(visited, by=world.reception, now=NOW)
        world.name(ticket_id=ticket.id)
    _agree(world, world.today["jab"], ["MMR"])
    _look_at(world)
    conditions.add(world.today["jab"], Condition.PRETERM, None, by=world.doctor, now=NOW)
    for number, name in enumerate(("小安", "小宁"), start=2):
        child = make_child(world.parent, name=name)
        stays = visit(world, child, "vaccination", TODAY, number=number, doses=[MMR])
        arriving.check_in(stays, by=world.reception, now=NOW - timedelta(minutes=9))
        (line,) = _agree(world, stays, ["MMR"])
        jab = Jab(line, "MMR-1", "left arm")
        giving.give(stays, [jab], CHECKS, by=world.doctor, now=NOW - timedelta(minutes=number))
        world.name(given_id=db.session.scalar(select(func.max(GivenDose.id))))
    observation.report(
        stays,
        symptom="皮疹",
        onset_at=NOW - timedelta(minutes=1),
        treatment="观察",
        outcome="",
        by=world.doctor,
        now=NOW,
    )
    measured = make_child(world.parent, name="小康", birth_date=world.children[1].birth_date)
    done = visit(world, measured, "check", TODAY)
    target = recording.Target(done.child_id, world.centre.id, "M8", TODAY, done.id)
    check = recording.save_check(
        target, 0, [Measured(TODAY, Kind.WEIGHT, 8200)], {}, by=world.doctor, now=NOW
    )
    recording.finish_check(check, done, by=world.doctor, now=NOW, note="")
    world.name(check_id=check.id)
    feeds.open_feed(world.doctor, now=NOW)


def _look_at(world):
    """A check and a spine screening are begun; the family has answered before the check."""
    check, bend = world.today["check"], world.today["spine"]
    due = check_queries.check_age_at(check, None, check_queries.done_before(check))
    sign = {"sign-1": Answer("no")}
    facts = {"language": "zh", "by": world.parent, "now": NOON}
    respond_to_some(versions(due), check.child, sign, **facts)
    target = recording.Target(check.child_id, world.centre.id, due.id, TODAY, check.id)
    weight = [Measured(TODAY, Kind.WEIGHT, 8100)]
    recording.save_check(target, 0, weight, {"physical_exam": "normal"}, by=world.doctor, now=NOW)
    target = recording.Target(bend.child_id, world.centre.id, SPINE, TODAY, bend.id)
    angles = {"bend": "normal", "atr-upper": "1", "atr-middle": "2", "atr-lower": "3"}
    screened = recording.save_check(target, 0, [], angles, by=world.doctor, now=NOW)
    recording.finish_check(screened, bend, by=world.doctor, now=NOW, note="")


def _plan_hours(world):
    """A day closed with a family that needs a new time, leave asked and granted, a rota with drafts."""
    days = [day_bounds(TODAY + timedelta(days=n)) for n in (20, 21)]
    asked = leaves.ask_leave(world.practitioner, *days[0], "开会", by=world.doctor, now=NOW)
    away = changes_kinds.Away(world.practitioner, *days[1])
    version = applying.preview(away, now=NOW).version
    leaves.send_away(away, version, by=world.manager, now=NOW)
    lost = visit(world, world.children[0], "pediatrics", NEXT_WEEK + timedelta(days=1))
    closing = changes_kinds.Close(
        world.centre, *day_bounds(NEXT_WEEK + timedelta(days=1)), "检修", "Repairs"
    )
    version = applying.preview(closing, now=NOW).version
    applying.apply(closing, version, by=world.manager, now=NOW)
    new_times.offer_to(lost.id, now=NOW)
    (leave,), (closure,) = db.session.scalars(select(Leave)), db.session.scalars(select(Closure))
    world.name(request_id=asked.id, leave_id=leave.id, closure_id=closure.id)
    weekly = Weekly(
        weekdays=(0, 1), opens=time(9), closes=time(11), slot_minutes=15, valid_from=LATER
    )
    services = tuple(world.services.values())
    for who, room, is_published in (
        (world.practitioner, world.room, True),
        (world.colleague, world.second_room, False),
    ):
        drafts.draft_add(Template(who, room, services, weekly), by=world.manager, now=NOW)
        if is_published:
            shown = diff(world.centre, now=NOW)
            publishing.publish(world.centre, shown.number, shown.version, by=world.manager, now=NOW)
