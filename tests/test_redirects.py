"""Where a request may send its sender: only to pages of this site, under its own name."""

import pytest

from clinic.accounts.passwords import hash_password
from clinic.app import create_app
from clinic.config import UnsafeConfig, from_environment
from clinic.web import safe_next
from tests.makes import make_child, make_user

HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/family",
        "/family?x=1&y=2",
        "/a b",
        "/孩子",
        "/a%0Ab",
        "/?next=https://x.example",
        "/a//b",
    ],
)
def test_a_path_of_this_site(target):
    assert safe_next(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None, "", "family", "https://evil.example", "//evil.example", "///evil.example",
        "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "/\n/evil.example",
        "/\r\nSet-Cookie: x=1", "/a\nb", "/a\x00b", "/a\x7fb", "/a\x85b", "/a\u2028b", "javascript:x",
        " //evil.example", "/.\\evil.example", "/" + "a" * 3000,
    ],
)  # fmt: skip
def test_what_is_no_path_of_this_site(target):
    assert safe_next(target) is None


@pytest.mark.parametrize(
    "next_", ["/a\nb", "/a\x00b", "/孩子", "//evil.example", "/\\evil.example"]
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_language_is_chosen_wherever_one_comes_from(client, next_, headers):
    answer = client.post("/language", data={"language": "en", "next": next_}, headers=headers)
    place = answer.headers.get("HX-Redirect") or answer.location
    assert place == ("/%E5%AD%A9%E5%AD%90" if next_ == "/孩子" else "/")


def test_an_odd_address_does_not_stop_the_sign_in(app, client):
    make_user(email="fang@example.cn", password_hash=hash_password("long-enough"))
    password = {"contact": "fang@example.cn", "password": "long-enough"}
    for odd in ("/a%0Ab", "//evil.example", "/\\evil.example"):
        client.get("/sign-in", query_string={"next": odd.replace("%0A", "\n")})
        page = client.page("/sign-in/password").form().fill(**password).submit()
        assert page.status == 303
        assert page.location == "/"
        client.post("/sign-out")


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example/x", "//evil.example"])
def test_a_stale_form_leads_nowhere_else(client, path, headers):
    from_there = headers | {"Referer": f"http://localhost{path}"}
    client.sign_in(make_user())
    client.application.config["WTF_CSRF_ENABLED"] = True
    answer = client.open(
        "/family/invitations",
        method="POST",
        shown=True,
        data={"relation": "mother", "csrf_token": "stale"},
        headers=from_there,
    )
    place = answer.headers.get("HX-Redirect") or answer.location
    assert place == "/"


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost:80@evil", "a b", ""]
)
def test_another_name_is_not_believed(client, host):
    client.sign_in(make_user())
    for headers in ({"Host": host}, {"Host": host} | HTMX):
        answer = client.get("/family", headers=headers, base_url="http://localhost")
        if host:
            assert answer.status_code == 400
            assert "<" not in answer.text


def test_the_health_of_a_process_is_asked_under_any_name(client):
    assert client.get("/healthz", headers={"Host": "10.0.0.5:8000"}).status_code == 200


def settings(**environ):
    return from_environment(
        {"SECRET_KEY": "a secret of these tests: 0123456789 abcdefgh", **environ}
    )


def test_links_begin_with_the_public_address(both):
    both.config["PUBLIC_URL"] = "https://book.example.cn/"
    parent = make_user()
    make_child(parent)
    client = both.test_client().sign_in(parent)
    page = client.page("/family/invitations").form(action="/family/invitations").submit()
    assert "https://book.example.cn/family/invitations/" in page.text
    assert "http://localhost" not in page.text


def test_which_names_are_known():
    assert settings()["KNOWN_HOSTS"] == ("localhost", "127.0.0.1", "[::1]")
    known = settings(
        PUBLIC_URL="https://book.example.cn:8443", TRUSTED_HOSTS="a.example, .b.example"
    )
    assert known["KNOWN_HOSTS"][3:] == ("a.example", ".b.example", "book.example.cn")
    for odd in ("book.example.cn", "ftp://x", "https://", "https://x.example/clinic"):
        with pytest.raises(UnsafeConfig):
            settings(PUBLIC_URL=odd)


def test_a_site_with_a_public_address_answers_under_it(tmp_path):
    known = settings(PUBLIC_URL="https://book.example.cn")
    url = f"sqlite:///{tmp_path / 'clinic.sqlite3'}"
    site = create_app(known | {"DATABASE_URL": url, "TRUSTED_PROXIES": 1}).test_client()
    behind = {"Host": "127.0.0.1:8000", "X-Forwarded-Proto": "https"}
    named = [("book.example.cn", 200), ("evil.example", 400), ("127.0.0.1", 200)]
    for name, status in named:
        answer = site.get(
            "/healthz" if status == 200 else "/", headers=behind | {"X-Forwarded-Host": name}
        )
        assert answer.status_code == status
