"""Rows for tests: plain functions, each saves what it makes. Read one and you know it."""

from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from itertools import count

from PIL import Image

from clinic import clock
from clinic.accounts import sign_ins
from clinic.accounts.models import Membership, Profession, Role, User
from clinic.centres import announcements, pictures
from clinic.centres.models import Centre, Practitioner, Room, Service
from clinic.clock import clinic_day
from clinic.db import db
from clinic.families.models import Child, ConsentKind, Guardianship, Relation, Sex
from clinic.families.numbers import NUMBERS
from clinic.families.pinyin import search_keys
from clinic.families.registering import record_consents
from clinic.scheduling.appointments import booking, holding
from clinic.scheduling.models import Appointment, Channel, ClinicSession, Hold, Slot
from clinic.scheduling.timetable import opening
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.stock import lots

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)  # Monday noon in Shanghai
TOMORROW = date(2026, 3, 3)
PROFESSIONS = {"vaccination": Profession.VACCINATOR, "rehab": Profession.PHYSICAL_THERAPIST}
_numbers = count(1)


def save(row):
    db.session.add(row)
    db.session.commit()
    return row


def make_user(*roles, centre=None, consented=True, profession=Profession.DOCTOR, **kw):
    """A user with these roles (a parent who agreed to the texts if none); staff need a centre.

    A clinician is a doctor, unless it is said.
    """
    number = next(_numbers)
    user = User(**{"name": "王芳", "phone": f"+86138{number:08}", "created_at": NOON} | kw)
    for role in roles or (Role.PARENT,):
        at_none = role in (Role.PARENT, Role.ADMIN)
        user.memberships.append(
            Membership(
                role=role,
                centre_id=None if at_none else centre.id,
                profession=profession if role is Role.CLINICIAN else None,
            )
        )
    save(user)
    if Role.PARENT in user.roles and consented:
        record_consents(user, list(ConsentKind), language="zh", by=user, now=NOON)
        db.session.commit()
    return user


def sign_in(*users):
    """Sign these users in as of now; what the session of each one's browser then holds."""
    keys = [sign_ins.begin(user, browser="", now=clock.now()) for user in users]
    db.session.commit()
    return [{"sign_in": key, "csrf_token": sign_ins.token_of(key)} for key in keys]


def make_child(guardian=None, **kw):
    """A child of one year, with a guardian."""
    guardian = guardian or make_user()
    defaults = {
        "name": "王一禾",
        "sex": Sex.FEMALE,
        "birth_date": date(2025, 2, 1),
        "created_at": NOON,
    }
    facts = defaults | kw
    sealed = {name: facts.pop(name) for name in NUMBERS if name in facts}
    child = save(Child(**{"name_pinyin": search_keys(facts["name"])} | facts))
    for name, number in sealed.items():
        setattr(child, name, number)  # sealed for its id
    make_guardianship(guardian, child, is_first=True)
    return child


def make_guardianship(user, child, **kw):
    defaults = {
        "relation": Relation.MOTHER,
        "granted_at": NOON,
        "granted_by_id": user.id,
    }
    return save(Guardianship(user_id=user.id, child_id=child.id, **defaults | kw))


def make_centre(**kw):
    number = next(_numbers)
    defaults = {
        "code": f"centre-{number}",
        "name_zh": f"朝晖中心{number}",
        "name_en": f"Zhaohui Centre {number}",
        "district": "拱墅区",
        "address_zh": "拱墅区朝晖路1号",
        "address_en": "1 Zhaohui Road, Gongshu",
        "about_zh": "",
        "about_en": "",
        "phone": "0571-0000 0001",
        "latitude": 30.29,
        "longitude": 120.17,
        "opened_at": NOON,
    }
    return save(Centre(**defaults | kw))


def make_announcement(centre, by, *, text_zh="台风来了，今天下午停诊。", hours=1):
    """What the centre announces from NOON on."""
    ends_at = NOON + timedelta(hours=hours)
    facts = {"text_zh": text_zh, "text_en": "", "starts_at": NOON, "ends_at": ends_at}
    return announcements.announce(centre, **facts, by=by, now=NOON)


def make_picture(centre, by):
    """A picture of one colour."""
    content = BytesIO()
    Image.new("RGB", (40, 30), "green").save(content, "PNG")
    return pictures.add(centre, content.getvalue(), by=by, now=NOON)


def make_room(centre, **kw):
    return save(Room(centre=centre, **{"name_zh": "诊室一", "name_en": "Room 1"} | kw))


def make_service(kind="pediatrics", **kw):
    defaults = {
        "code": f"service-{next(_numbers)}",
        "kind": kind,
        "name_zh": "儿科门诊",
        "name_en": "Paediatric visit",
        "about_zh": "",
        "about_en": "",
        "bring_zh": "病历本",
        "bring_en": "Medical record book",
        "minutes": 15,
    }
    return save(Service(**defaults | kw))


def make_practitioner(services=(), user=None, centre=None, **kw):
    """Somebody who gives these services; their centre offers them too.

    A user who is a clinician there and gives only vaccinations, or only training, becomes a
    vaccinator or a therapist.
    """
    centre = centre or make_centre()
    kinds = {service.kind for service in services}
    for membership in user.memberships if user else ():
        if membership.centre_id == centre.id and membership.profession and len(kinds) == 1:
            membership.profession = PROFESSIONS.get(*kinds, membership.profession)
    centre.services = sorted({*centre.services, *services}, key=lambda service: service.id)
    defaults = {
        "name_zh": "陈医生",
        "name_en": "Dr Chen",
        "title_zh": "医师",
        "title_en": "Doctor",
    }
    return save(Practitioner(centre=centre, user=user, services=list(services), **defaults | kw))


def make_session(
    practitioner,
    room,
    services,
    day=TOMORROW,
    opens=time(9),
    closes=time(11),
    *,
    slot_minutes=15,
    capacity=1,
    online_capacity=None,
    by=None,
) -> ClinicSession:
    online = capacity if online_capacity is None else online_capacity
    session = opening.open_session(
        practitioner,
        room,
        services,
        day,
        opening.Hours(opens, closes, slot_minutes, capacity, online),
        by=by or make_user(),
        now=datetime(2026, 2, 1, tzinfo=UTC),
    )
    db.session.commit()
    return session


def make_slot(service=None, *, practitioner=None, day=TOMORROW, opens=time(9), **kw) -> Slot:
    """The first slot of a new session, by default tomorrow at nine for paediatrics."""
    service = service or make_service()
    practitioner = practitioner or make_practitioner([service])
    room = make_room(practitioner.centre)
    return make_session(practitioner, room, [service], day=day, opens=opens, **kw).slots[0]


def make_appointment(
    child=None, service=None, slot=None, *, by=None, now=NOON, **kw
) -> Appointment:
    """An appointment made online by the child's guardian."""
    service = service or make_service()
    slot = slot or make_slot(service)
    by = by or make_user()
    child = child or make_child(by)
    wanted = Request(child, service, slots_for(service, slot.id), **kw)
    return make_booking(wanted, by=by, now=now)[0]


def make_booking(*wanted, by, now=NOON) -> list[Appointment]:
    """The appointments of what is wanted, booked online in one go."""
    key = f"test:{next(_numbers)}"
    made = booking.book(wanted, by=by, key=key, channel=Channel.ONLINE, now=now).row
    db.session.commit()
    return made.appointments


def make_hold(*wanted, by, now, moves=None):
    """The leading hold of what is wanted, kept together."""
    kept = holding.hold(wanted, by=by, now=now, moves=moves)
    return db.session.get_one(Hold, kept.holds[0].id)


def make_stock(centre, doses=50, *, but=(), expires_on=date(2027, 12, 31)):
    """So many doses of every vaccine of the catalogue at the centre."""
    for vaccine in vaccines().keys() - set(but):
        product = lots.product_of(vaccine, "北京生物")
        facts = (centre.id, product, f"{vaccine}-1", expires_on, doses)
        lots.receive(*facts, by=make_user(), now=NOON)
    db.session.commit()


def day_of(slot: Slot) -> date:
    return clinic_day(slot.starts_at)
