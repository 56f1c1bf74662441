"""What is dragged on the calendar: by mouse, by finger, by keys, by form; nothing before it was shown."""

from dataclasses import dataclass
from datetime import time, timedelta

from clinic.clock import at, day_bounds
from clinic.db import db
from clinic.scheduling.changes.kinds import Close
from clinic.scheduling.models import Appointment, ClinicSession
from clinic.scheduling.verify import broken_promises
from tests.browser.mornings import EIGHT, TODAY, YESTERDAY, signed_in
from tests.browser.test_day_journeys import seat, site_at
from tests.makes import make_child
from tests.races.families import Parent
from tests.world import World

NAME = "王一禾"
TUESDAY, WEDNESDAY = TODAY + timedelta(days=1), TODAY + timedelta(days=2)
DO_IT = 'main form[method="post"] .btn-primary'
HOUR = 60  # minutes


@dataclass(frozen=True)
class Made:
    """A centre, its manager's sign-in, and the numbers of what is dragged."""

    code: str
    boss: Parent
    visit_id: int

    @property
    def day(self):
        return f"/calendar/?centre={self.code}&day={TUESDAY}"

    def starts_at(self):
        """Of the visit, by now; the server's writers do not wait for this reader."""
        found = db.session.get_one(Appointment, self.visit_id, populate_existing=True).starts_at
        db.session.rollback()
        return found

    def hours(self):
        """The hours of the sessions on Tuesday that are not withdrawn."""
        query = db.session.query(ClinicSession).filter_by(withdrawn_at=None)
        found = [
            (session.starts_at, session.ends_at)
            for session in query.order_by(ClinicSession.starts_at)
        ]
        db.session.rollback()
        return found


def two_sessions(app):
    """On Tuesday one clinician works from nine to eleven, with a family at nine, another from two; Wednesday is shut."""
    made = World(hours={"day": TUESDAY})
    colleague = made.colleague(name_zh="何医生", name_en="He")
    made.open(TUESDAY, colleague, opens=time(14), closes=time(16))
    visit = made.book(child=make_child(name=NAME), now=YESTERDAY)
    made.do(Close(made.centre, *day_bounds(WEDNESDAY), "检修", "Repairs"), now=YESTERDAY)
    return Made(made.centre.code, signed_in(app, made.manager), visit.id)


def middle(page, what, x=0.5):
    what.scroll_into_view_if_needed()
    box = what.bounding_box()
    return box["x"] + box["width"] * x, box["y"] + box["height"] / 2


def leads_on(seated, act):
    """Do what leads to another page."""
    with seated.page.expect_event("load"):
        act()


def drag(seated, start, end):
    """From one point to another, as a hand does; it leads to another page."""
    mouse = seated.page.mouse
    mouse.move(*start)
    mouse.down()
    mouse.move(start[0] + 6, start[1] + 2)
    mouse.move(*end, steps=4)
    leads_on(seated, mouse.up)


def along(page, start, minutes):
    """So many minutes further on a line of time."""
    board, line = page.locator("#board"), page.locator("[data-strip]").first.bounding_box()
    hours = int(board.get_attribute("data-last")) - int(board.get_attribute("data-first"))
    return start[0] + line["width"] * minutes / (hours * HOUR), start[1]


def by_mouse(seated, made):
    page = seated.page
    seated.open(made.day)
    start = middle(page, page.locator('a.bar[data-from="14:00"]'))
    drag(seated, start, along(page, start, HOUR))
    seated.look()
    assert made.hours()[1] == (at(TUESDAY, time(14)), at(TUESDAY, time(16)))  # only shown
    leads_on(seated, page.locator(DO_IT).click)
    assert made.hours()[1] == (at(TUESDAY, time(15)), at(TUESDAY, time(17)))

    page.goto(made.day)
    end = middle(page, page.locator('a.bar[data-from="09:00"] [data-edge="to"]'))
    drag(seated, end, along(page, end, -HOUR))
    assert NAME in page.locator("main").inner_text()  # keeps its time
    leads_on(seated, page.locator(DO_IT).click)
    assert made.hours()[0] == (at(TUESDAY, time(9)), at(TUESDAY, time(10)))

    page.goto(made.day)
    free = page.locator('.free[data-at="09:30"]')
    drag(seated, middle(page, page.locator('[data-move="visit"]'), 0.9), middle(page, free))
    seated.look()
    assert made.starts_at() == at(TUESDAY, time(9))
    leads_on(seated, page.locator(DO_IT).click)
    assert made.starts_at() == at(TUESDAY, time(9, 30))


def by_keys(seated, made):
    page = seated.page
    page.goto(made.day)
    page.locator('[data-move="visit"] .name').focus()
    page.keyboard.press("m")
    page.keyboard.press("ArrowDown")
    assert "09:45" in page.locator("#drag-said").inner_text()
    page.keyboard.press("Escape")
    assert page.locator(".lifted, .aimed").count() == 0
    for key in ("m", "ArrowDown"):
        page.keyboard.press(key)
    leads_on(seated, lambda: page.keyboard.press("Enter"))
    assert made.starts_at() == at(TUESDAY, time(9, 30))
    leads_on(seated, lambda: page.locator(DO_IT).press("Enter"))
    assert made.starts_at() == at(TUESDAY, time(9, 45))

    page.locator('a.bar[data-from="15:00"]').focus()
    for key in ("m", "ArrowLeft", "Shift+ArrowRight"):
        page.keyboard.press(key)
    leads_on(seated, lambda: page.keyboard.press("Enter"))
    leads_on(seated, lambda: page.locator(DO_IT).press("Enter"))
    assert made.hours()[1] == (at(TUESDAY, time(14, 45)), at(TUESDAY, time(17)))


def by_finger(seated, made):
    """A finger that rests takes hold; one that moves at once only scrolls."""
    page = seated.page
    page.goto(made.day)
    touch = page.context.new_cdp_session(page)

    def send(kind, point=None):
        points = [{"x": point[0], "y": point[1]}] if point else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    free = page.locator('.free[data-at="09:15"]')
    start, end = middle(page, page.locator('[data-move="visit"]'), 0.9), middle(page, free)
    send("touchStart", start)
    page.locator('[data-move="visit"].lifted').wait_for()
    for part in (0.5, 1):
        send("touchMove", tuple(a + (b - a) * part for a, b in zip(start, end, strict=True)))
    leads_on(seated, lambda: send("touchEnd"))
    leads_on(seated, page.locator(DO_IT).click)
    assert made.starts_at() == at(TUESDAY, time(9, 15))


def onto_a_closed_day(seated, made):
    """The week's board: a visit, then a session; each is told why, and nothing is done."""
    page, before = seated.page, (made.starts_at(), made.hours())
    week = f"/calendar/week?centre={made.code}&day={TUESDAY}"
    shut = page.locator(f'.week-day[data-day="{WEDNESDAY}"] h2')
    for what in ('[data-move="visit"] b', f'[data-day="{TUESDAY}"] a.bar'):
        seated.open(week)
        drag(seated, middle(page, page.locator(what).first), middle(page, shut))
        seated.look()
        assert page.locator('[role="alert"]:visible').count() == 1
        assert page.locator(DO_IT).count() == 0
        assert page.locator('input[name="day"]').input_value() == WEDNESDAY.isoformat()
    assert (made.starts_at(), made.hours()) == before


def by_form(seated, made):
    page = seated.page
    seated.open(made.day)
    seated.press(page.locator('[data-move="visit"] .link-button'))
    seated.press(page.locator("button.slot").first)
    seated.press(page.locator(DO_IT))
    assert made.starts_at() == at(TUESDAY, time(9))
    seated.press(page.locator("a.bar").first)
    page.locator("#closes").fill("10:30")
    seated.press(page.locator('form[method="get"] .btn'))
    seated.press(page.locator(DO_IT))
    assert made.hours()[0] == (at(TUESDAY, time(9)), at(TUESDAY, time(10, 30)))


def test_dragging_shows_first_and_then_does(chromium, migrated, tmp_path):
    with site_at(EIGHT, two_sessions, migrated, tmp_path) as (address, made):
        with seat(chromium, address, made.boss) as seated:
            by_mouse(seated, made)
            by_keys(seated, made)
            onto_a_closed_day(seated, made)
            by_finger(seated, made)
        with seat(chromium, address, made.boss, width=390, scripts=False) as seated:
            by_form(seated, made)
        assert broken_promises() == []
