"""How long one stays signed in; staff who were away; out everywhere."""

import re
from datetime import time, timedelta

import pytest
import time_machine

from clinic.accounts import sign_ins
from clinic.accounts.browsers import in_words
from clinic.accounts.models import Ended, Membership, Profession, Role, SignIn
from clinic.accounts.passwords import hash_password
from clinic.audit import AuditEvent
from clinic.clock import clinic_day
from clinic.db import db
from clinic.visits import arriving
from tests.accounts.test_kept_forms import PASSWORD, enter
from tests.accounts.test_sign_in import code
from tests.forms import HTMX
from tests.makes import (
    NOON,
    make_appointment,
    make_centre,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_user,
)
from tests.pages import rows
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("noon")
POLL = HTMX | {"X-Poll": "1"}
NAME = "王一禾"
BOARDS = {"/desk/": 2, "/desk/queue?station=doctor&room=": 1}  # so many are named there


def after(**span):
    return time_machine.travel(NOON + timedelta(**span), tick=False)


@pytest.fixture
def centre(app):
    """A centre where one child is expected this afternoon, and another is here."""
    centre, service = make_centre(), make_service()
    doctor = make_practitioner([service], centre=centre)
    hours = (clinic_day(NOON), time(13), time(15))
    slots = make_session(doctor, make_room(centre), [service], *hours).slots
    make_appointment(service=service, slot=slots[0])
    here = make_appointment(service=service, slot=slots[1])
    arriving.check_in(here, by=make_user(Role.RECEPTION, centre=centre), now=NOON)
    db.session.commit()
    return centre


@pytest.fixture
def desk(client, centre):
    """Reception, signed in at noon by password; only what it does itself is a press."""
    client.user = make_user(
        Role.RECEPTION, centre=centre, password_hash=hash_password(PASSWORD), name="前台"
    )
    enter(client, client.user)
    return client


def is_in(client, path):
    return client.get(path).status_code == 200


@pytest.mark.parametrize(("hours", "stays"), [(11, True), (13, False)])
def test_staff_stay_signed_in_for_twelve_hours_without_a_press(desk, hours, stays):
    with after(hours=hours):
        where = desk.get("/desk/walk-in").location
        assert where.startswith("/sign-in/again" if stays else "/sign-in?")


def test_a_parent_who_works_here_is_staff(client, centre):
    user = make_user(password_hash=hash_password(PASSWORD))
    enter(client, user)
    with after(hours=13):
        assert is_in(client, "/family")
        doctor = {"role": Role.CLINICIAN, "profession": Profession.DOCTOR}
        db.session.add(Membership(user_id=user.id, centre_id=centre.id, **doctor))
    with after(hours=26):
        assert client.get("/family").location.startswith("/sign-in?")


def test_a_role_that_was_taken_away_is_gone_at_once(desk):
    db.session.query(Membership).filter_by(user_id=desk.user.id).delete()
    assert desk.get("/desk/").status_code == 403


def test_after_half_an_hour_without_a_press_a_page_with_names_asks_who_is_there(desk):
    for minutes in (29, 58):
        with after(minutes=minutes):
            assert is_in(desk, "/desk/walk-in")
    with after(minutes=89):
        assert desk.get("/desk/walk-in").location == "/sign-in/again?next=/desk/walk-in"
        assert is_in(desk, "/sign-ins")  # a page without names is no way around it:
    with after(minutes=90):
        page = desk.page(desk.get("/desk/walk-in").location)
        assert "138****" in page.words
        assert page.form(holding="password").fill(password="wrong").submit().status == 422
        done = page.form(holding="password").fill(password=PASSWORD).submit()
        assert done.location == "/desk/walk-in"
        assert is_in(desk, "/desk/walk-in")


def test_who_has_no_password_comes_back_by_a_code(desk):
    desk.user.password_hash = None
    with after(minutes=31):
        page = desk.page(desk.get("/desk/walk-in").location)
        page = page.form(holding="code").submit("send")
        assert page.form(holding="code").fill(code="000000").submit("继续").status == 422
        done = page.form(holding="code").fill(code=code()).submit("继续")
        assert done.location == "/desk/walk-in"
        assert is_in(desk, "/desk/walk-in")


def test_what_was_typed_comes_back_after_re_entry(desk):
    form = desk.page("/desk/walk-in").form(holding="guardian").fill(guardian="张敏", phone="139")
    with after(minutes=31):
        page = desk.page(form.submit("show").location)
        assert "已填写的内容还在" in page.words
        page.form(holding="password").fill(password=PASSWORD).submit()
        fields = desk.page("/desk/walk-in").form(holding="guardian").fields
        assert (fields["guardian"], fields["phone"]) == ("张敏", "139")


def test_another_who_signs_in_there_does_not_get_it(desk, centre):
    form = desk.page("/desk/walk-in").form(holding="guardian").fill(guardian="张敏")
    other = make_user(Role.RECEPTION, centre=centre, password_hash=hash_password(PASSWORD))
    with after(minutes=31):
        desk.page(form.submit("show").location).press("不是您")
        enter(desk, other)
        assert desk.page("/desk/walk-in").form(holding="guardian").fields["guardian"] == ""


@pytest.mark.parametrize(("board", "named"), BOARDS.items())
def test_the_boards_go_on_without_names(desk, board, named):
    assert desk.get(board).text.count(NAME) >= named
    tag = desk.get(board, headers=POLL).headers["ETag"]
    with after(minutes=31):
        for headers in (None, POLL, POLL | {"If-None-Match": tag}):
            answer = desk.get(board, headers=headers)
            assert answer.status_code == 200
            assert NAME not in answer.text
            assert "/sign-in/again?next=" in answer.text
        assert re.search(r"13:00|13:15|P\d|\d{3}", rows(answer.text, "body")[0])


def test_asking_by_itself_is_no_press(desk):
    for minutes in range(5, 31, 5):
        with after(minutes=minutes):
            assert NAME in desk.get("/desk/", headers=POLL).text
    with after(minutes=31):
        assert NAME not in desk.get("/desk/", headers=POLL).text


def test_a_poll_of_another_page_leads_to_re_entry(desk):
    with after(minutes=31):
        there = HTMX | {"Referer": "http://localhost/desk/walk-in?centre=x"}
        answer = desk.post("/desk/walk-in/times", headers=there)
        assert answer.headers["HX-Redirect"] == "/sign-in/again?next=/desk/walk-in?centre%3Dx"


def test_every_part_that_asks_by_itself_says_so(app):
    loader, env = app.jinja_env.loader, app.jinja_env
    for name in env.list_templates():
        for tag in re.findall(
            r"<\w+ [^<]*hx-trigger=\"every[^<]*>", loader.get_source(env, name)[0]
        ):
            assert "X-Poll" in tag, (name, tag)


def test_a_browser_forgets_our_pages_once_its_sign_in_is_over(client, app):
    user = make_user(password_hash=hash_password(PASSWORD))
    enter(client, user)
    enter(other := app.test_client(), user)
    assert "Clear-Site-Data" not in client.get("/family").headers
    for answer in (other.post("/sign-out/everywhere"), client.get("/family")):
        assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in app.test_client().get("/family").headers


def test_parents_are_never_away(client):
    user = make_user(password_hash=hash_password(PASSWORD))
    enter(client, user)
    with after(days=29):
        assert is_in(client, "/family")


def test_signing_out_everywhere_ends_every_browser(client, app):
    user = make_user(password_hash=hash_password(PASSWORD))
    phone, lost = app.test_client(), app.test_client()
    for browser in (client, phone, lost):
        enter(browser, user)
    enter(other := app.test_client(), make_user(password_hash=hash_password(PASSWORD)))
    page = phone.page("/family").click("已登录的设备")
    assert len(page.rows(".list > li")) == 3
    assert page.press("所有设备").location == "/"
    for browser in (client, phone, lost):
        assert browser.get("/family").location.startswith("/sign-in?")
    assert is_in(other, "/family")
    enter(phone, user)
    assert is_in(phone, "/family")


def test_a_sign_in_whose_proof_was_seen_before_is_void_after_it(app):
    """The password is checked, then somebody signs out everywhere, then the row is written."""
    user = make_user()
    db.session.expunge(user)
    sign_ins.end_all(user.id, now=NOON)
    key = sign_ins.begin(user, browser="", now=NOON)
    assert sign_ins.who_has(key, now=NOON) is None


def test_signing_in_anew_in_a_browser_ends_what_was_there(client):
    user = make_user(password_hash=hash_password(PASSWORD))
    for _ in range(2):
        enter(client, user)
    first, second = db.session.query(SignIn).order_by(SignIn.id)
    assert (first.ended_why, second.ended_why) == (Ended.REPLACED, None)


def test_signing_in_gives_the_browser_a_key_of_its_own(client):
    """Whoever planted a session in a browser does not know it after its owner has signed in."""
    client.get("/sign-in")
    with client.session_transaction() as session:
        planted = dict(session) | {"sign_in": "planted", "typed": "x", "contact": "y"}
        session.update(planted)
    enter(client, make_user(password_hash=hash_password(PASSWORD)))
    with client.session_transaction() as session:
        assert session.keys() == {"_permanent", "sign_in", "csrf_token"}
        assert session["sign_in"] != "planted"
        assert session["csrf_token"] != planted["csrf_token"]


def test_the_database_keeps_no_key_and_no_address(client):
    enter(client, make_user(password_hash=hash_password(PASSWORD)))
    with client.session_transaction() as session:
        secrets = {session["sign_in"], session["csrf_token"], "127.0.0.1"}
    kept = str(db.session.connection().exec_driver_sql("SELECT * FROM sign_ins").one())
    assert not any(secret in kept for secret in secrets)


def test_the_last_use_is_written_once_a_minute_or_an_hour(client, app, centre):
    parent = make_user(password_hash=hash_password(PASSWORD))
    nurse = make_user(Role.RECEPTION, centre=centre, password_hash=hash_password(PASSWORD))
    for user, path, soon, late in (
        (parent, "/family", {"minutes": 59}, {"minutes": 61}),
        (nurse, "/desk/walk-in", {"seconds": 59}, {"seconds": 61}),
    ):
        browser = app.test_client()
        enter(browser, user)
        usual = count_queries(lambda b=browser, p=path: b.get(p))
        with after(**soon):
            assert count_queries(lambda b=browser, p=path: b.get(p)) == usual
        with after(**late):
            assert count_queries(lambda b=browser, p=path: b.get(p)) > usual
            assert count_queries(lambda b=browser, p=path: b.get(p)) == usual
            row = db.session.query(SignIn).filter_by(user_id=user.id).one()
            assert row.used_at == NOON + timedelta(**late)


def test_it_is_all_on_the_trail(desk, client, app):
    user = desk.user
    data = {"contact": user.phone, "password": "wrong"}
    app.test_client().post("/sign-in/password", data=data)
    app.test_client().post("/sign-in/password", data=data | {"contact": "13900000000"})
    with after(minutes=31):
        page = desk.page("/sign-in/again").form(holding="password").fill(password="wrong").submit()
        page.form(holding="password").fill(password=PASSWORD).submit()
        desk.post("/sign-out")
        enter(desk, user)
        desk.page("/sign-ins").press("所有设备")
    told = db.session.query(AuditEvent).filter_by(subject="users").order_by(AuditEvent.id)
    assert [
        (audit_event.action, audit_event.subject_id, audit_event.actor_id) for audit_event in told
    ] == [
        ("sign-in", user.id, user.id),
        ("sign-in refused", user.id, None),
        ("sign-in refused", None, None),
        ("sign-in refused", user.id, None),
        ("re-entry", user.id, user.id),
        ("sign-out", user.id, user.id),
        ("sign-in", user.id, user.id),
        ("sign-out everywhere", user.id, user.id),
    ]
    assert user.phone[3:] not in str([audit_event.details for audit_event in told])


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("", ""),
        ("curl/8.0", ""),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50", "WeChat, iPhone"),
        ("Mozilla/5.0 (Linux; Android 14; HUAWEI) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0 HuaweiBrowser/15.0 Mobile Safari/537.36", "Huawei Browser, Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", "Safari, Mac"),
    ],
)  # fmt: skip
def test_a_browser_is_named_as_its_owner_would(agent, words):
    assert in_words(agent) == words
