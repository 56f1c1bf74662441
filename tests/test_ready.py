"""Whether the site can work is told by one word, and what is no request gets a plain answer."""

import socket
from urllib.parse import urlsplit

import pytest
from sqlalchemy import event, text

from clinic.db import db
from tests.makes import make_child, make_user
from tests.serving import serving


def ready(app):
    app.extensions.pop("ready", None)  # what was answered a moment ago
    answer = app.test_client().get("/readyz")
    return answer.status_code, answer.json


@pytest.fixture
def read_only(both):
    """The database takes no more writes: a standby, or a file system that was mounted so."""
    mother = make_user()
    make_child(mother)
    client = both.test_client().sign_in(mother)
    page = client.page("/family/children/new")
    db.session.remove()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as own:
            own.execute(text("ALTER DATABASE site SET default_transaction_read_only TO on"))
        db.engine.dispose()
        yield client, page
        return
    db.engine.dispose()

    def only_read(connection, _record):
        connection.execute("PRAGMA query_only=ON")

    event.listen(db.engine, "connect", only_read)
    yield client, page
    event.remove(db.engine, "connect", only_read)


def test_it_is_ready(both):
    assert ready(both) == (200, {"status": "ok"})


def test_its_answer_is_good_for_a_moment(both):
    ready(both)
    with db.engine.connect() as own:
        before = own.scalar(text("SELECT count FROM counters WHERE key = 'ready'"))
    for _ in range(5):
        assert both.test_client().get("/readyz").status_code == 200
    with db.engine.connect() as own:
        assert own.scalar(text("SELECT count FROM counters WHERE key = 'ready'")) == before


def test_missing_migrations_are_not_told_to_strangers(both):
    with db.engine.begin() as own:
        own.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert ready(both) == (503, {"status": "not ready"})


def test_a_database_that_takes_no_writes_is_not_ready_and_says_so(both, read_only):
    client, page = read_only
    assert ready(both) == (503, {"status": "not ready"})
    assert client.get("/family").status_code == 200  # reading goes on
    form = page.form().fill(name="李小满", sex="female", birth_date="2025-11-01")
    answer = form.submit()
    assert answer.status == 503
    assert "预约系统暂时无法访问" in answer.words or answer.rows("h1")
    assert answer.headers["Retry-After"]


def asked(site, request):
    """The whole answer to these bytes."""
    parts = urlsplit(site)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as line:
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b"")).decode()


BAD = {
    "an address too long": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
    "a header too long": (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 9000 + b"\r\n\r\n",
        431,
    ),
    "too many headers": (
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 99 + b"\r\n",
        431,
    ),
    "a header that is none": (b"GET / HTTP/1.1\r\nHost: localhost\r\n<b>: a\r\n\r\n", 400),
    "no request": (b"<script>alert(1)</script>\r\n\r\n", 400),
    "two lengths": (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        400,
    ),
}  # fmt: skip


@pytest.mark.heavy("processes")
def test_what_is_no_request_gets_a_plain_answer(fresh):
    with serving(fresh("sqlite"), workers=1) as site:
        for what, (request, status) in BAD.items():
            head, _, body = asked(site, request).partition("\r\n\r\n")
            assert head.startswith(f"HTTP/1.1 {status} "), (what, head)
            assert "请返回上一页" in body, what
            assert "nosniff" in head, what
            assert "no-store" in head, what
            assert "gunicorn" not in (head + body).lower(), what
            assert "script" not in body, what
