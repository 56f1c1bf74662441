"""Rounds of the worker with 101 centres and 10,000 who wait: one worker, and two that share the work."""

import random
import statistics
import subprocess
import sys
import time
from datetime import timedelta

from sqlalchemy import delete, event, insert, literal, select, true

from benchmarks.rota import HOURS, PRACTITIONERS, a_centre
from benchmarks.sites import application
from benchmarks.telling import tell
from clinic import clock
from clinic.accounts.models import User
from clinic.app import create_app
from clinic.centres.models import Centre, Practitioner, Service
from clinic.clock import clinic_day
from clinic.db import UTCDateTime, db
from clinic.families.models import Child, Sex
from clinic.scheduling.models import Place, Slot, WaitlistCentre, WaitlistChild, WaitlistEntry
from clinic.scheduling.timetable import rota
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.work import work
from tests.serving import SECRET

CENTRES, ENTRIES = 101, 10_000
FREED = 200  # places that became free since the last round
WARM = 20  # before that, for what a process does once
PAIRS = 3
GOAL = 5.0  # seconds
A_YEAR = timedelta(days=365)


def measure(url, engine, *, full):
    with application(url, demo=False):
        service_id = city()
        first_opening(engine)
        fill()
        wait(service_id)
        idle_rounds(engine)
        found = [(rounds(url, workers=1), rounds(url, workers=2)) for _ in range(PAIRS)]
        alone = [seconds for (seconds, _), _ in found]
        alone_cpu = [max(cpu) for (_, cpu), _ in found]
        tell(
            what=f"a round of one worker after {FREED} places became free, seconds",
            engine=engine,
            ratio=statistics.median(alone),
            goal=f"<= {GOAL}",
            cpu_seconds=statistics.median(alone_cpu),
            lowest=min(alone),
            highest=max(alone),
        )
        shares = [max(cpu) / one for (_, (_, cpu)), one in zip(found, alone_cpu, strict=True)]
        tell(
            what="the same round of two workers at once / of one: CPU of the one that did more",
            engine=engine,
            ratio=statistics.median(shares),
            goal="<= 0.6",
            lowest=min(shares),
            highest=max(shares),
            seconds=statistics.median(two for _, (two, _) in found),
            baseline_seconds=statistics.median(alone),
        )


def first_opening(engine):
    now = clock.now()
    opening, longest = with_longest(lambda: work(now=now))
    tell(
        what="the longest transaction of the rota's first opening, seconds",
        engine=engine,
        ratio=longest,
        goal="<= 2.0",
        opened_in_seconds=opening,
    )


def idle_rounds(engine):
    first, first_cpu = cost(work_on)
    idle = [cost(work_on) for _ in range(PAIRS)]
    tell(
        what="a round in which nothing changed / the first look at all who wait, CPU",
        engine=engine,
        ratio=statistics.median(cpu for _, cpu in idle) / first_cpu,
        goal="<= 0.05",
        cpu_seconds=statistics.median(cpu for _, cpu in idle),
        baseline_cpu_seconds=first_cpu,
        baseline_seconds=first,
    )


def cost(task):
    """How long it takes, and how long of that this process has a processor."""
    begun, used = time.perf_counter(), time.process_time()
    task()
    return time.perf_counter() - begun, time.process_time() - used


def with_longest(task):
    """How long it takes, and its longest transaction, in seconds."""
    begun, took = [], [0.0]

    def begin(*_):
        begun.append(time.perf_counter())

    def end(*_):
        if begun:
            took.append(time.perf_counter() - begun[-1])

    event.listen(db.session, "after_begin", begin)
    event.listen(db.session, "after_commit", end)
    try:
        seconds, _ = cost(task)
    finally:
        event.remove(db.session, "after_begin", begin)
        event.remove(db.session, "after_commit", end)
    return seconds, max(took)


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
    """Take every place there is, centre by centre."""
    over = literal(clock.now() + A_YEAR, UTCDateTime())
    for centre_id in db.session.scalars(select(Centre.id)).all():
        slots = select(Slot.id, true(), over).where(Slot.centre_id == centre_id)
        columns = ["slot_id", "online", "expires_at"]
        db.session.execute(insert(Place).from_select(columns, slots))
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


def free_some(number):
    """So many places of the next two weeks become free, and no verb of ours tells those who wait."""
    now = clock.now()
    soon = Slot.starts_at.between(now + timedelta(days=1), now + timedelta(days=13))
    nobodys = select(Place.slot_id).join(Slot, Slot.id == Place.slot_id)
    taken = list(db.session.scalars(nobodys.where(Place.hold_id.is_(None), soon)))
    some = random.Random(len(taken)).sample(taken, number)
    db.session.execute(delete(Place).where(Place.slot_id.in_(some)))
    db.session.commit()


def rounds(url, *, workers):
    """Places became free: how long so many workers take until nothing is left, and the CPU of each."""
    free_some(WARM)
    pipes = [a_worker(url) for _ in range(workers)]
    for _, says in pipes:
        says.readline()  # it is ready
    free_some(FREED)
    begun = time.perf_counter()
    for tell_it, _ in pipes:
        tell_it.write(b"\n")
        tell_it.flush()
    cpu = [float(says.readline()) for _, says in pipes]
    return time.perf_counter() - begun, cpu


def a_worker(url):
    """The pipes of a worker's process: to tell it to begin, and to hear from it."""
    command = [sys.executable, "-m", "benchmarks.worker", url]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    return process.stdin, process.stdout


def work_on():
    """Rounds until nothing is left to do."""
    while work(now=clock.now()).is_unfinished:
        pass


def main():
    app = create_app({"DATABASE_URL": sys.argv[1], "SECRET_KEY": SECRET})
    with app.app_context():
        work_on()  # what is compiled once
        print("ready", flush=True)
        sys.stdin.readline()
        print(cost(work_on)[1], flush=True)


if __name__ == "__main__":
    main()
