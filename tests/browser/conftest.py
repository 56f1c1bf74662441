"""A loaded city on the real server, and Chromium."""

import os
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from clinic import clock
from clinic.app import create_app
from clinic.db import db
from clinic.demo.load import load
from tests.conftest import SETTINGS
from tests.serving import serving

WIDE = 1280  # these see the dark colours too
# Language, width, scripts: each pair of values is met at least once.
WAYS = {
    "zh-390": ("zh-CN", 390, True),
    "en-1280": ("en-GB", WIDE, True),
    "en-390-no-scripts": ("en-GB", 390, False),
    "zh-1280-no-scripts": ("zh-CN", WIDE, False),
}


@pytest.fixture(scope="session")
def city(migrated, tmp_path_factory):
    """The address of the site with the demo city of today."""
    path = tmp_path_factory.mktemp("city") / "clinic.sqlite3"
    shutil.copy(migrated, path)
    url = f"sqlite:///{path}"
    app = create_app(SETTINGS | {"DATABASE_URL": url})
    with app.app_context():
        load(clock.clinic_day(clock.now()))
        db.session.remove()
        db.engine.dispose()
    with serving(url, TZ="UTC") as address:
        yield address


@pytest.fixture(scope="session")
def launch():
    """Starts a Chromium with these switches."""
    path = os.environ.get("CLINIC_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        yield lambda *switches: playwright.chromium.launch(executable_path=path, args=switches)


@pytest.fixture(scope="session")
def chromium(launch):
    browser = launch()
    yield browser
    browser.close()


class Visitor:
    """Somebody in front of a browser. Every page they open is checked by axe, where scripts run."""

    def __init__(self, page, number, scripts):
        self.page, self.number, self.scripts = page, number, scripts

    def open(self, address):
        answer = self.page.goto(address)
        assert answer.status == 200, (address, answer.status)
        self.look()

    def press(self, what):
        """Press what leads to another page, and look at it.

        A new document is awaited: an address that HTMX writes into the history is not one.
        """
        with self.page.expect_event("load"):
            what.click()
        self.look()

    def look(self):
        """The page fits its width, has one h1, and axe finds nothing."""
        page = self.page
        assert page.locator("h1").count() == 1, page.url
        if not self.scripts:
            return
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, (page.url, "wider than the screen")
        found = Axe().run(page).response["violations"]
        told = [(case["id"], [node["html"][:200] for node in case["nodes"]]) for case in found]
        assert told == [], page.url

    def sign_in(self, role):
        """By the demo's own buttons."""
        self.open("/sign-in")
        form = self.page.locator(f'form:has(input[value="{role}@demo.example"])')
        self.press(form.get_by_role("button"))


@pytest.fixture(params=WAYS)
def visitor(request, chromium, city):
    language, width, scripts = WAYS[request.param]
    context = chromium.new_context(
        base_url=city,
        locale=language,
        viewport={"width": width, "height": 850},
        java_script_enabled=scripts,
        color_scheme="dark" if width == WIDE else "light",
    )
    context.set_default_timeout(30_000)
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield Visitor(page, list(WAYS).index(request.param), scripts)
    assert page.locator("html").get_attribute("lang")[:2] == language[:2]
    # A refused form is a 422, which Chromium's console mentions.
    assert [one for one in said if "status of 422" not in one] == []
    context.close()
