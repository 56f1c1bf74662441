"""What reception, a clinician and a manager do on an ordinary day, in a browser."""

from datetime import timedelta

from tests.browser.open_days import next_open_day


def test_reception_checks_in_undoes_and_books_a_walk_in(visitor):
    page = visitor.page
    visitor.sign_in("reception")
    row = page.locator("tr", has=page.locator('form[action$="/arrival"]')).first
    name, row_id = row.locator("th a").inner_text(), row.get_attribute("id")
    page.locator("#q").fill(name)
    if not visitor.scripts:
        page.locator('form[role="search"] button').click()
    page.locator(f"#{row_id} form[action$='/arrival'] button").press("Enter")
    undo = page.locator(f"#{row_id} form[action$='/undo'] button")
    undo.wait_for()
    if visitor.scripts:  # the keyboard stays in the row
        page.locator(f"#{row_id} :focus").wait_for()
    visitor.look()
    undo.click()
    page.locator(f"#{row_id} form[action$='/arrival'] button").wait_for()

    visitor.open("/desk/walk-in")
    page.locator("#phone").fill(f"1390000920{visitor.number}")
    page.locator("#guardian").fill("张敏")
    page.locator("#name").fill("赵子沐")
    page.locator("input[name=sex]").nth(1).check()
    page.locator("#birth_date").fill("2025-06-01")
    page.locator("#agreed").check()
    day = next_open_day().isoformat()
    page.locator("#day").fill(day)
    if visitor.scripts:
        page.locator("#day").blur()
    else:
        page.locator("button[name=show]").click()
    page.locator(f"#times[data-day='{day}']").wait_for()
    page.locator("input[name=slot]").nth(visitor.number + 2).check()
    visitor.press(page.locator("main form .btn-primary"))
    assert page.locator("svg.qr").count() == 1
    assert page.locator("main", has_text="赵子沐").count() == 1


def test_a_clinician_sees_the_day_and_the_week_and_notes_a_visit(visitor):
    page = visitor.page
    visitor.sign_in("therapist")
    visitor.press(page.locator(".card a.name").first)
    page.locator("#note").fill("一切正常")
    visitor.press(page.locator("button[value=done]"))
    assert page.locator('.notice[role="status"]').count() == 1
    visitor.open("/calendar/week")


def test_a_manager_adds_a_week(visitor):
    page = visitor.page
    visitor.sign_in("manager")
    visitor.open("/manage/sessions/new")
    page.locator("input[name=services]").first.check()
    day = next_open_day() + timedelta(days=7 * visitor.number)
    page.locator("#first_day").fill(day.isoformat())
    page.locator("#opens").fill("17:30")
    page.locator("#closes").fill("18:30")
    visitor.press(page.locator("main form .btn-primary"))
    page.locator("#keep").check()  # the centre is closed then: it is asked
    visitor.press(page.locator("main form .btn-primary"))
    assert page.locator(".week-item", has_text="17:30").count() >= 1
