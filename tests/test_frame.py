"""Configuration, forgery, faults."""

import pytest

from clinic.accounts.kept_forms import LONGEST
from clinic.app import create_app
from clinic.config import DEVELOPMENT_SECRET, UnsafeConfig, command_of, from_environment
from tests.conftest import SETTINGS
from tests.makes import make_user

OURS = "a secret of our own, 32 characters or more"
GUESSABLE = ["", "a", "...", "   ", "changeme", "changeme" * 8, "x" * 64, DEVELOPMENT_SECRET]


@pytest.mark.parametrize("secret", GUESSABLE)
def test_production_refuses_a_secret_that_can_be_guessed(secret):
    with pytest.raises(UnsafeConfig, match="SECRET_KEY"):
        from_environment({"SECRET_KEY": secret})


def test_production_refuses_a_field_key_that_can_be_guessed():
    with pytest.raises(UnsafeConfig, match="FIELD_KEY"):
        from_environment({"SECRET_KEY": OURS, "FIELD_KEY": f"{OURS.replace(' ', '')},changeme"})


@pytest.mark.parametrize("number", ["-1", "two", "1.0", "", "９"])
def test_how_many_proxies_is_a_number(number):
    with pytest.raises(UnsafeConfig, match="TRUSTED_PROXIES"):
        from_environment({"SECRET_KEY": OURS, "TRUSTED_PROXIES": number})


def test_commands_serve_nobody_and_need_no_secret():
    settings = from_environment({}, command="schedule")
    assert (settings["DEMO"], settings["SECRET_IS_PUBLISHED"]) == (False, True)
    assert from_environment({}, command="demo")["DEMO"] is True
    settings = from_environment({"SECRET_KEY": OURS}, command="demo")
    assert (settings["DEMO"], settings["SECRET_IS_PUBLISHED"]) == (False, False)


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["flask", "--app", "wsgi", "schedule", "verify"], "schedule"),
        (["flask", "--app", "wsgi", "demo", "load"], "demo"),
        (["flask", "--app", "wsgi", "run", "--host", "db"], ""),
        (["flask", "--app", "wsgi", "shell"], ""),
    ],
)
def test_what_is_a_command_and_what_serves(arguments, command):
    assert command_of(arguments, {"FLASK_RUN_FROM_CLI": "true"}) == command
    assert command_of(arguments, {}) == ""


def test_the_rooms_have_commands_of_their_own():
    arguments, environ = ["flask", "vaccination", "forecast"], {"FLASK_RUN_FROM_CLI": "true"}
    assert command_of(arguments, environ) == ""
    assert command_of(arguments, environ, more=["vaccination"]) == "vaccination"


def test_production_shows_no_demo_and_keeps_its_cookies_to_https():
    settings = from_environment({"SECRET_KEY": OURS})
    assert settings["DEMO"] is False
    assert settings["SESSION_COOKIE_SECURE"] is True


def test_a_post_without_the_pages_token_changes_nothing(fresh):
    url = fresh("sqlite")
    app = create_app(SETTINGS | {"DATABASE_URL": url, "WTF_CSRF_ENABLED": True})
    with app.app_context():
        client = app.test_client()
        answer = client.post("/language", data={"language": "en"})
        assert answer.status_code == 400
        assert "Set-Cookie" not in answer.headers or "lang=" not in answer.headers["Set-Cookie"]
        from clinic.db import db

        db.session.remove()
        db.engine.dispose()


def test_what_breaks_is_said_kindly_and_tells_nothing(app, client, monkeypatch):
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def broken():
        raise ZeroDivisionError("a secret of the house")

    monkeypatch.setitem(app.view_functions, "home.privacy", broken)
    broken.allowed_roles = app.view_functions["home.index"].allowed_roles
    answer = client.get("/privacy")
    assert answer.status_code == 500
    assert "a secret of the house" not in answer.text
    assert "<h1>" in answer.text


def test_a_method_that_is_not_there_is_an_answer_too(client):
    assert client.sign_in(make_user()).post("/privacy").status_code == 405


def test_a_form_too_long_to_keep_is_not_said_to_be_kept(client):
    client.sign_in(make_user()).forget()
    text = "很" * (LONGEST + 1)
    answer = client.post("/family/children/new", data={"allergies": text}, tampered=True)
    page = client.get(answer.location).text
    assert "请登录后继续。" in page
    assert "已填写的内容还在" not in page


def test_the_language_changes_where_one_is_even_after_a_mistake(client):
    page = client.sign_in(make_user()).post("/family/children/new", data={"name": ""})
    assert page.status_code == 422
    assert 'name="next" value="/family/children/new"' in page.text
