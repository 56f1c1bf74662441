"""Rounds of the worker with 101 centres and 10,000 who wait: one worker, and two that share the work."""

import random
import statistics
import subprocess
import sys
import time
from datetime import timedelta

from sqlalchemy import delete, insert, select

from benchmarks.rota import HOURS, PRACTITIONERS, a_centre
from benchmarks.sites import application
from benchmarks.telling import seconds, tell
from clinic import clock
from clinic.accounts.models import User
from clinic.app import create_app
from clinic.centres.models import Practitioner, Service
from clinic.clock import clinic_day
from clinic.db import db
from clinic.families.models import Child, Sex
from clinic.scheduling.models import Place, Slot, WaitlistCentre, WaitlistChild, WaitlistEntry
from clinic.scheduling.timetable import rota
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.work import work
from tests.serving import SECRET

CENTRES, ENTRIES = 101, 10_000
FREED = 200  # places that became free since the last round
PAIRS = 5
GOAL = 5.0  # seconds
A_YEAR = timedelta(days=365)


def measure(url, engine, *, full):
    with application(url, demo=False):
        service_id, now = city(), clock.now()
        opening = seconds(lambda: work(now=now))
        fill()
        wait(service_id)
        first = seconds(work_on)
        idle = statistics.median(seconds(work_on) for _ in range(PAIRS))
        tell(
            what="a round in which nothing changed / the first look at all who wait",
            engine=engine,
            ratio=idle / first,
            seconds=idle,
            baseline_seconds=first,
            opened_in_seconds=opening,
        )
        alone, shared = [], []
        for _ in range(PAIRS):
            alone.append(rounds(url, workers=1))
            shared.append(rounds(url, workers=2))
        tell(
            what=f"a round of one worker after {FREED} places became free, seconds",
            engine=engine,
            ratio=statistics.median(alone),
            goal=f"<= {GOAL}",
            lowest=min(alone),
            highest=max(alone),
        )
        ratios = [two / one for one, two in zip(alone, shared, strict=True)]
        tell(
            what="the same round of two workers at once / of one",
            engine=engine,
            ratio=statistics.median(ratios),
            goal="<= 0.6",
            seconds=statistics.median(shared),
            baseline_seconds=statistics.median(alone),
            lowest=min(ratios),
            highest=max(ratios),
        )


def city():
    """Centres that work each morning. The id of their service."""
    now = clock.now()
    by = User(name="排班", email="worker@bench.example", created_at=now)
    service = Service(
        code="bench",
        kind="pediatrics",
        **{
            f"{name}_{lang}": "门诊" for name in ("name", "about", "bring") for lang in ("zh", "en")
        },
        minutes=15,
    )
    db.session.add_all([by, service, *(a_centre(number, service) for number in range(CENTRES))])
    db.session.flush()
    for practitioner in db.session.scalars(select(Practitioner)):
        room = practitioner.centre.rooms[(practitioner.id - 1) % PRACTITIONERS]
        weekly = Weekly(tuple(range(7)), *HOURS[0], 30, clinic_day(now))
        rota.add_rule(practitioner, room, [service], weekly, by=by, now=now)
    db.session.commit()
    return service.id


def fill():
    """Take every place there is."""
    over = clock.now() + A_YEAR
    rows = [
        {"slot_id": slot_id, "online": True, "expires_at": over}
        for slot_id in db.session.scalars(select(Slot.id))
    ]
    db.session.execute(insert(Place), rows)
    db.session.commit()


def wait(service_id):
    """Families wait, each for one of the centres, for any morning of the next two weeks."""
    now = clock.now()
    today = clinic_day(now)
    of_all = {"created_at": now, "look_at": now}
    user = User(name="家长", email="waits@bench.example", created_at=now)
    db.session.add(user)
    db.session.flush()
    child = {"name": "孩子", "sex": Sex.MALE, "birth_date": today - timedelta(days=500)}
    children = [child | {"created_at": now}] * ENTRIES
    child_ids = _insert(Child, children)
    wish = {"weekdays": list(range(7)), "parts": ["morning"]}
    wish |= {"first_day": today, "last_day": today + timedelta(days=14)}
    entry = wish | of_all | {"user_id": user.id, "service_id": service_id}
    entry_ids = _insert(WaitlistEntry, [entry] * ENTRIES)
    pairs = list(zip(entry_ids, child_ids, strict=True))
    rows = [{"entry_id": entry_id, "child_id": child_id} for entry_id, child_id in pairs]
    db.session.execute(insert(WaitlistChild), rows)
    centres = [{"entry_id": n, "centre_id": 1 + n % CENTRES} for n in entry_ids]
    db.session.execute(insert(WaitlistCentre), centres)
    db.session.commit()


def _insert(model, rows):
    ids = insert(model).returning(model.id, sort_by_parameter_order=True)
    return list(db.session.scalars(ids, rows))


def free_some():
    """Places of the next two weeks become free, and no verb of ours tells those who wait."""
    now = clock.now()
    soon = Slot.starts_at.between(now + timedelta(days=1), now + timedelta(days=13))
    nobodys = select(Place.slot_id).join(Slot, Slot.id == Place.slot_id)
    taken = list(db.session.scalars(nobodys.where(Place.hold_id.is_(None), soon)))
    some = random.Random(len(taken)).sample(taken, FREED)
    db.session.execute(delete(Place).where(Place.slot_id.in_(some)))
    db.session.commit()


def rounds(url, *, workers):
    """Places became free: how long so many workers take until nothing is left to do."""
    free_some()
    command = [sys.executable, "-m", "benchmarks.worker", url]
    pipe = subprocess.PIPE
    people = [subprocess.Popen(command, stdin=pipe, stdout=pipe) for _ in range(workers)]
    for one in people:
        assert one.stdout
        one.stdout.readline()  # it is ready
    begun = time.perf_counter()
    for one in people:
        assert one.stdin
        one.stdin.write(b"\n")
        one.stdin.flush()
    for one in people:
        one.wait()
    return time.perf_counter() - begun


def work_on():
    """Rounds until nothing is left to do."""
    while work(now=clock.now()).is_unfinished:
        pass


def main():
    app = create_app({"DATABASE_URL": sys.argv[1], "SECRET_KEY": SECRET})
    with app.app_context():
        work(now=clock.now() - timedelta(days=1))  # what is compiled once
        print("ready", flush=True)
        sys.stdin.readline()
        work_on()


if __name__ == "__main__":
    main()
