"""At twice the size of text a phone shows every page whole: nothing to the side, no narrow columns."""

import pytest

from tests.browser.conftest import Visitor

PHONE = {"width": 390, "height": 850}
# What is cut, or stands one or two characters a line. A part that scrolls by itself may be wide.
FAULTS = """() => {
  const found = [], page = document.documentElement;
  if (page.scrollWidth > innerWidth) found.push(`the page is ${page.scrollWidth} px wide`);
  const scrolls = (part) => part && (getComputedStyle(part).overflowX !== 'visible'
    || getComputedStyle(part).clipPath !== 'none' || scrolls(part.parentElement));
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const words = texts.currentNode.data.trim(), part = texts.currentNode.parentElement;
    if (!words || part.closest('svg, script, option, .growth-skip') || scrolls(part)) continue;
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    const lines = [...range.getClientRects()].filter((line) => line.width);
    if (!lines.length) continue;
    const left = Math.min(...lines.map((line) => line.left));
    const right = Math.max(...lines.map((line) => line.right));
    const box = part.closest('.card, .btn, .choice, .tag, .notice, td, th, main');
    const edge = box ? box.getBoundingClientRect().right : innerWidth;
    if (right > Math.min(edge, innerWidth) + 1) found.push(`cut: ${words}`);
    const narrow = right - left < 3 * parseFloat(getComputedStyle(part).fontSize);
    if (lines.length > 3 && narrow) found.push(`in a narrow column: ${words}`);
  }
  return found;
}"""
PAGES = {
    "parent": [
        "/",
        "/appointments/",
        "/family",
        "/family/children/1/plan",
        "/family/children/2",
        "/checkups/children/2/growth",
        "/vaccination/children/1/booklet",
        "/vaccination/children/1/certificate",
        "/pediatrics/",
        "/vaccination/?child=1",
        "/checkups/?child=2",
        "/rehab/",
        "/rehab/waitlist",
        "/centres/zhaohui",
    ],
    "reception": [
        "/desk/",
        "/desk/walk-in",
        "/desk/queue",
        "/desk/end",
        "/vaccination/observation",
        "/centres/zhaohui",
    ],
}
# What is opened from a list: the list, and where its first such link leads.
OPENED = {"parent": ("/appointments/", "main a.card"), "reception": ("/desk/", "main tbody a")}


@pytest.mark.parametrize(("role", "language"), [("parent", "zh-CN"), ("reception", "en-GB")])
def test_text_of_twice_the_size_fits(chromium, city, role, language):
    context = chromium.new_context(base_url=city, locale=language, viewport=PHONE)
    page = context.new_page()
    Visitor(page, 0, scripts=True).sign_in(role)
    page.goto(OPENED[role][0])
    opened = page.locator(OPENED[role][1]).first.get_attribute("href")
    faults = {}
    for address in ["/sign-in/password", *PAGES[role], opened]:
        answer = page.goto(address)
        assert answer.status == 200, address
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        faults[address] = page.evaluate(FAULTS)
    context.close()
    assert {address: found for address, found in faults.items() if found} == {}
