"""Two mornings of a centre, made for the journeys: forty families to be vaccinated, a sick therapist."""

from dataclasses import dataclass
from datetime import time, timedelta

from clinic.accounts.models import Profession, Role
from clinic.clock import at, clinic_day
from clinic.db import db
from clinic.families.pinyin import initials as initials_of
from clinic.questionnaires.answers import Answer
from clinic.vaccination.jab import before, screening
from clinic.vaccination.jab import queries as jab_queries
from clinic.vaccination.stock import reserving
from tests.makes import (
    NOON,
    make_appointment,
    make_centre,
    make_child,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_stock,
    make_user,
    sign_in,
)
from tests.races.families import Parent
from tests.vaccination.stock.stocked import MMR
from tests.world import World

TODAY = clinic_day(NOON)
YESTERDAY = NOON - timedelta(days=1)
EIGHT, HALF_PAST_SEVEN = at(TODAY, time(8)), at(TODAY, time(7, 30))
SURNAMES, GIVEN = "赵钱孙李周吴郑王", ("子沐", "一禾", "小满", "可欣", "书瑶")
NAMES = [surname + given for given in GIVEN for surname in SURNAMES]
DOSED = 3  # so many are booked for MMR, have answered the questions, and agree


@dataclass(frozen=True)
class Booked:
    """What a desk may be told of a family, and its rows' numbers."""

    appointment_id: int
    name: str
    reference: str
    initials: str
    phone: str


@dataclass(frozen=True)
class Morning:
    """A centre's code, its people's sign-ins by role, its rooms' ids, and who is booked."""

    code: str
    people: dict[str, list[Parent]]
    rooms: list[int]
    booked: list[Booked]


def signed_in(app, user):
    return Parent(app, *sign_in(user))


def vaccinations(app):
    """Forty families, half in each of two rooms; two desks, two vaccinators."""
    centre = make_centre()
    service = make_service("vaccination", name_zh="预防接种", name_en="Vaccination")
    make_stock(centre)
    nurses = [
        make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=centre, name="陈护士")
        for _ in range(2)
    ]
    rooms = [make_room(centre, name_zh=f"接种室{one}", name_en=f"Room {one}") for one in "一二"]
    slots = []
    for nurse, room in zip(nurses, rooms, strict=True):
        who = make_practitioner([service], user=nurse, centre=centre)
        hours = {"opens": time(8), "closes": time(10, 30), "capacity": 2}
        slots.append(make_session(who, room, [service], TODAY, **hours).slots)
    booked = []
    for number, name in enumerate(NAMES):
        parent = make_user(phone=f"+8613700{1000 + number * 7:06}")
        slot = slots[number % 2][number // 4]
        child = make_child(parent, name=name)
        made = make_appointment(child, service, slot, by=parent, now=YESTERDAY)
        if number < DOSED:
            _is_ready(made, parent)
        reference, initials = made.booking.reference, initials_of(name).lower()
        booked.append(Booked(made.id, name, reference, initials, parent.phone[-4:]))
    desks = [make_user(Role.RECEPTION, centre=centre, name="前台") for _ in range(2)]
    db.session.commit()
    people = {
        "desk": [signed_in(app, desk) for desk in desks],
        "nurse": [signed_in(app, nurse) for nurse in nurses],
    }
    return Morning(centre.code, people, [room.id for room in rooms], booked)


def _is_ready(visit, parent):
    """MMR is reserved for the visit; the guardian has answered every question with no, and agrees."""
    reserving.reserve([MMR], appointment=visit, by=parent, now=YESTERDAY)
    answers = {question.code: Answer("no") for question in screening.versions().current.questions}
    facts = {"language": "zh", "by": parent, "now": YESTERDAY}
    before.answer(visit, answers, ["MMR"], **facts)
    lines = [line for line in jab_queries.lines_of(visit, TODAY) if line.is_reserved]
    before.decide(visit, [(line, True) for line in lines], **facts)
    db.session.commit()


def sick_therapist(app):
    """Two families booked with a therapist today; a colleague has times today and tomorrow."""
    facts = {"name_zh": "运动训练", "name_en": "Exercise"}
    made = World("rehab", **facts, hours={"day": TODAY})
    sick, made.room.name_zh = made.practitioner, "训练室一"
    sick.user = made.staff(Role.CLINICIAN, name="周治疗师")
    sick.name_zh, sick.name_en = "周治疗师", "Zhou"
    colleague = made.colleague(name_zh="何治疗师", name_en="He")
    room = make_room(made.centre, name_zh="训练室二")
    for days in range(2):
        day = TODAY + timedelta(days=days)
        make_session(colleague, room, [made.service], day, time(14), time(16))
    parents, booked = [], []
    for number in range(2):
        parent = make_user()
        child = make_child(parent, name=NAMES[number])
        visit = made.book(number, child=child, by=parent, now=YESTERDAY)
        parents.append(parent)
        booked.append(Booked(visit.id, child.name, visit.booking.reference, "", parent.phone[-4:]))
    made.open(TODAY + timedelta(weeks=2))
    desk = made.staff(Role.RECEPTION, name="前台")
    everybody = {"desk": [desk], "therapist": [sick.user], "parent": parents}
    people = {role: [signed_in(app, one) for one in those] for role, those in everybody.items()}
    return Morning(made.centre.code, people, [made.room.id, room.id], booked)
