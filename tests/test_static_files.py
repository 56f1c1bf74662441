"""Static files and compressed pages, as browsers and proxies meet them."""

import gzip
import re

import brotli
import pytest
import time_machine
from flask import Response, g, render_template_string

from clinic import static_files
from clinic.config import ROOT
from clinic.static_files import FOR_GOOD
from tests.makes import NOON, make_user
from tests.pages import values

UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress}


def address(app, filename):
    with app.test_request_context():
        return render_template_string("{{ url_for('static', filename=name) }}", name=filename)


def test_a_name_with_the_hash_of_its_content_is_kept_for_good(app, client):
    answer = client.get(address(app, "app.css"))
    assert answer.status_code == 200
    assert answer.data == (ROOT / "static" / "app.css").read_bytes()
    assert answer.headers["Cache-Control"] == FOR_GOOD
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["app.0123456789.css", "app.css", "vendor/htmx-4.0.1.min.js"])
def test_the_name_of_another_version_is_answered_and_kept_nowhere(client, name):
    answer = client.get(f"/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name", ["gone.0123456789.css", "../wsgi.py", "..%2fwsgi.py", "vendor/README.md", "vendor/"]
)
def test_what_is_not_there_is_kept_nowhere_either(client, name):
    answer = client.get(f"/static/{name}")
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1, br;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("*", "br"),
        ("identity", None),
        ("zstd", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("path", ["static", "/sign-in"])
def test_each_browser_gets_the_encoding_that_it_can_read(app, client, accepted, encoding, path):
    path = address(app, "app.css") if path == "static" else path
    answer = client.get(path, headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    unpacked = UNPACK[encoding](answer.data) if encoding else answer.data
    assert (b":root" if "static" in path else b"<h1>") in unpacked


def test_a_refused_form_is_compressed_too(client):
    client.sign_in(make_user())
    answer = client.post(
        "/family/children/new", data={"name": ""}, headers={"Accept-Encoding": "br"}
    )
    assert answer.status_code == 422
    assert b'id="name"' in brotli.decompress(answer.data)


def test_what_asks_not_to_be_changed_is_not(app):
    with app.test_request_context(headers={"Accept-Encoding": "br"}):
        page = Response("a" * 5000, mimetype="text/html", headers={"Cache-Control": "no-transform"})
        assert app.process_response(page).data == b"a" * 5000


def test_every_page_names_its_files_through_the_one_helper():
    named = re.compile(r"""["'(]/static/""")
    pages = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static").glob("*.*s")]
    assert [str(page) for page in pages if named.search(page.read_text())] == []


def test_the_token_of_forms_is_another_one_in_every_second(client):
    """Nobody can guess it by the length of many compressed answers."""
    pages = []
    with time_machine.travel(NOON, tick=False) as clock:
        client.sign_in(make_user())
        for _ in range(2):
            pages.append(client.get("/family/consents").text)
            clock.shift(1)
            g.pop("csrf_token")  # the test's context is the request's too
    signatures = [
        {token.rpartition(".")[2] for token in values(page, "input[name=csrf_token]", "value")}
        for page in pages
    ]
    assert all(signatures)
    assert not set.intersection(*signatures)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in place of ours, and files that were not read yet."""
    monkeypatch.setattr(static_files, "FOLDER", tmp_path)
    monkeypatch.setattr(static_files, "TOGETHER", {})
    static_files._read.cache_clear()
    yield tmp_path
    static_files._read.cache_clear()


def test_a_changed_file_has_another_name_and_a_running_server_keeps_its_own(app, client, folder):
    (folder / "app.css").write_text("a { color: red }")
    old = address(app, "app.css")
    (folder / "app.css").write_text("a { color: green }")
    assert client.get(old).data == b"a { color: red }"
    static_files._read.cache_clear()  # as in a process that starts now
    assert address(app, "app.css") != old
    answer = client.get(old)
    assert (answer.data, answer.headers["Cache-Control"]) == (b"a { color: green }", "no-store")
