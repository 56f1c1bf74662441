"""What a booking costs in CPU: requests handed to the application in this process, without sockets."""

import gc
import io
import statistics
import time
from contextlib import contextmanager
from contextvars import Context
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import event

from benchmarks.clients import HELLO, Answer
from benchmarks.hello import app as hello
from benchmarks.sites import application, books_for_sure, free_slots, new_families, service_of
from benchmarks.telling import tell
from clinic.app import create_app
from clinic.db import db
from clinic.server import make_ready
from tests.serving import SECRET

WARM, BOOKINGS, HELLOS = 30, 200, 10
HELLO_MS = 0.042  # where the goals were set, in milliseconds
STEPS = {"keep": 1.2, "confirmation": 1.5}


def measure(url, engine, *, full):
    """CPU of keeping and of confirming a time, as so many hellos, with their statements."""
    with application(url) as app:
        service_id = service_of("vaccination")
        slots = free_slots(service_id)
        families = new_families(app, WARM + BOOKINGS)
        site = create_app({"DATABASE_URL": url, "SECRET_KEY": SECRET})
        make_ready(site)
        gc.collect()
        gc.freeze()  # as in the server
        hellos: list[float] = []
        costs: dict[str, list[tuple[float, int]]] = {name: [] for name in STEPS}
        for family, slot_id in zip(families, slots, strict=False):
            hellos += [spent(hello, HELLO)[1] for _ in range(HELLOS)][1:]
            person = books_for_sure(family, service_id, slot_id)
            request = next(person)
            for name in STEPS:
                with statements(site) as sent:
                    answer, milliseconds = spent(site, request)
                costs[name].append((milliseconds, len(sent)))
                request = send(person, answer)
    for name, cost in costs.items():
        tell_cost(name, engine, cost[WARM:], hellos)


def tell_cost(name, engine, cost, hellos):
    """Of each the quick tenth: what disturbs them only makes them slower."""
    milliseconds = [took for took, _ in cost]
    mine, base = (statistics.quantiles(side, n=10)[0] for side in (milliseconds, hellos))
    tell(
        what=f"CPU of a {name} / hello",
        engine=engine,
        ratio=mine / base,
        goal=f"<= {STEPS[name] / HELLO_MS:.1f}",
        milliseconds=mine,
        median_milliseconds=statistics.median(milliseconds),
        baseline_milliseconds=base,
        statements=statistics.mode(count for _, count in cost),
    )


def send(person, answer):
    """What the client wants next; None when it is done."""
    try:
        return person.send(answer)
    except StopIteration:
        return None


def spent(app, request):
    """The answer of the application to the bytes of a request, and the milliseconds of CPU of this thread."""
    environ = environ_of(request)
    said: dict[str, Any] = {}

    def start(status, headers, error=None):
        said.update(status=status, headers=headers)

    def answer():
        body = app.wsgi_app(environ, start)
        for _part in body:
            pass
        body.close()

    outside = Context()  # of the application context that is pushed here
    begun = time.thread_time()
    outside.run(answer)
    took = time.thread_time() - begun
    head = "\r\n".join([said["status"], *(f"{name}: {value}" for name, value in said["headers"])])
    return Answer(int(said["status"][:3]), head.encode(), took), took * 1000


def environ_of(request):
    """What a server hands the application for the bytes of a request."""
    head, _, body = request.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    method, address, _ = first.split()
    headers = dict(line.split(": ", 1) for line in lines)
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    where = urlsplit(address)
    return named | {
        "REQUEST_METHOD": method,
        "PATH_INFO": where.path,
        "QUERY_STRING": where.query,
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "CONTENT_LENGTH": headers.get("Content-Length", ""),
        "SERVER_NAME": "bench",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SCRIPT_NAME": "",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body.encode()),
        "wsgi.errors": io.StringIO(),
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


@contextmanager
def statements(site):
    """The statements that the site sends meanwhile."""
    sent = []
    with site.app_context():
        engine = db.engine

    def note(connection, cursor, statement, parameters, context, many):
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
