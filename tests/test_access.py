"""Every page says who may open it, and everybody else is turned away."""

import pytest

from clinic.accounts.models import Role
from tests.makes import make_centre, make_user

METHODS = ("GET", "POST")


def pages(app):
    """Every (rule, method) of the site but the static files."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            for method in METHODS:
                if method in rule.methods:
                    yield rule, method


def address(rule):
    """The rule with something in its places."""
    values = dict.fromkeys(rule.arguments, "1")
    return rule.build(values, append_unknown=False)[1]


def test_every_page_declares_who_may_use_it(app):
    undeclared = [
        rule.endpoint
        for rule, _ in pages(app)
        if not getattr(app.view_functions[rule.endpoint], "allowed_roles", None)
    ]
    assert undeclared == []


def test_every_public_page_says_why(app):
    silent = [
        rule.endpoint
        for rule, _ in pages(app)
        if "everyone" in app.view_functions[rule.endpoint].allowed_roles
        and not app.view_functions[rule.endpoint].public_because
    ]
    assert silent == []


def test_strangers_are_asked_to_sign_in(app, client):
    for rule, method in pages(app):
        if "everyone" in app.view_functions[rule.endpoint].allowed_roles:
            continue
        answer = client.open(address(rule), method=method)
        assert answer.status_code == 303, rule
        assert answer.location.startswith("/sign-in"), rule


@pytest.mark.parametrize("role", [Role.PARENT, Role.CLINICIAN, Role.RECEPTION, Role.MANAGER])
def test_other_roles_are_refused(app, client, role):
    centre = make_centre()
    client.sign_in(make_user(role, centre=centre))
    for rule, method in pages(app):
        allowed = app.view_functions[rule.endpoint].allowed_roles
        if "everyone" in allowed or role in allowed:
            continue
        assert client.open(address(rule), method=method).status_code == 403, rule


def test_the_answers_carry_a_strict_policy(client):
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"


def test_no_page_has_style_or_script_in_it(app):
    import re

    inline = re.compile(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", re.IGNORECASE)
    found = [
        name
        for name in app.jinja_env.list_templates()
        if inline.search(app.jinja_env.loader.get_source(app.jinja_env, name)[0])
    ]
    assert found == []
