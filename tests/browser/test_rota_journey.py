"""A manager ends a clinician's mornings: the family is shown by name, offered new times, and back after all."""

from clinic import clock
from tests.browser.conftest import Visitor
from tests.browser.test_journeys import add_child, choose_a_time, sign_up

MORNING = "08:00–11:30"
MAIN = "main form .btn-primary"
OFFERED = 'a.btn-primary[href*="/pediatrics/holds/"]'


def sign_in_manager(visitor, chromium, city):
    """A second browser, of the same kind."""
    context = chromium.new_context(
        base_url=city,
        viewport=visitor.page.viewport_size,
        java_script_enabled=visitor.scripts,
    )
    context.set_default_timeout(30_000)
    boss = Visitor(context.new_page(), visitor.number, visitor.scripts)
    boss.sign_in("manager")
    return boss


def end_the_first_mornings(boss):
    """Draft that the first clinician's mornings end today."""
    page = boss.page
    boss.open("/manage/rota")
    while page.locator('form[action$="/rota/discard"]').count():
        boss.press(page.locator('form[action$="/rota/discard"] button').first)
    if page.viewport_size["width"] < 960:  # a phone shows a list by weekday, today's open
        monday = page.locator(".rota-list details").first
        if monday.get_attribute("open") is None:
            monday.locator("summary").click()
    boss.press(page.locator(f'a.week-item:visible:has-text("{MORNING}")').first)
    today = clock.clinic_day(clock.now())
    page.locator("#last_day").fill(today.isoformat())
    boss.press(page.locator('form[action*="/rota/end"] button'))


def test_a_rota_is_published_and_undone_with_a_family_that_it_concerns(visitor, chromium, city):
    page, name = visitor.page, f"钱一{'甲乙丙丁'[visitor.number]}"
    sign_up(visitor, f"1390000970{visitor.number}")
    add_child(visitor, name, 800)
    visitor.open("/pediatrics/?centre=zhaohui")
    choose_a_time(visitor)
    visitor.press(page.locator("#confirm .btn-primary"))
    visit, when = page.url, page.locator("h1").inner_text()

    boss = sign_in_manager(visitor, chromium, city)
    end_the_first_mornings(boss)
    boss.press(boss.page.locator('a[href*="/rota/publish"]'))
    assert boss.page.get_by_text(name).first.is_visible()
    visitor.open(visit)
    assert page.locator(OFFERED).count() == 0  # nothing has changed yet

    boss.press(boss.page.locator(MAIN))
    assert "/manage/new-times" in boss.page.url
    assert boss.page.get_by_text(name).first.is_visible()
    visitor.open(visit)
    assert page.locator(OFFERED).count() >= 1

    boss.open("/manage/rota")
    boss.press(boss.page.locator('form[action$="/rota/undo"] button'))
    visitor.open(visit)
    assert page.locator(OFFERED).count() == 0
    assert page.locator("h1").inner_text() == when
    # Its draft is open again; the city is left as it was.
    boss.press(boss.page.locator('form[action$="/rota/discard"] button'))
    boss.page.context.close()
