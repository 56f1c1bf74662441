"""What a family's first look costs a phone: bytes over the wire, requests, and how soon it sees the page.

Chromium at 390 px, nothing in its cache, 1.6 Mbit/s with 150 ms there and back, the processor
four times slower. "Seen" is the largest contentful paint.
"""

import os
import shutil
import statistics

from playwright.sync_api import sync_playwright

from benchmarks.sites import application, served
from benchmarks.telling import tell

LOOKS = 5
MEGABIT = 1024 * 1024 / 8  # bytes
SLOW = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6 * MEGABIT,
    "uploadThroughput": 0.75 * MEGABIT,
}
SLOWER = 4
PAGES = {
    "start page": ("/", False),
    "sign-in": ("/sign-in", False),
    "a parent's start page": ("/", True),
    "page of times, paediatrics": ("/pediatrics/", True),
    "page of times, vaccination": ("/vaccination/", True),
}
SEEN = """() => new Promise((done) => new PerformanceObserver((list) =>
    done(list.getEntries().at(-1).startTime)).observe({ type: "largest-contentful-paint", buffered: true }))"""


def measure(url, engine, *, full):
    if engine != "sqlite":
        return  # the wire and the browser do not ask which database it was
    with application(url), served(url) as site, sync_playwright() as playwright:
        path = os.environ.get("CLINIC_CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path)
        signed_in = _sign_in(browser, site)
        for what, (address, is_parent) in PAGES.items():
            _look(
                browser, site + address, signed_in if is_parent else None
            )  # the server has it ready
            looks = [
                _look(browser, site + address, signed_in if is_parent else None)
                for _ in range(LOOKS)
            ]
            sizes, requests, seen = zip(*looks, strict=True)
            tell(
                what=f"first visit, {what}: kB over the wire",
                engine=engine,
                ratio=statistics.median(sizes) / 1000,
                goal="<= 35",
                requests=max(requests),
                seen_ms=statistics.median(seen),
            )
        browser.close()


def _sign_in(browser, site):
    """The cookies of the demo's parent."""
    context = browser.new_context(base_url=str(site))
    page = context.new_page()
    page.goto("/sign-in")
    page.locator('form:has(input[value="parent@demo.example"]) button').click()
    page.wait_for_url(f"{site}/")
    cookies = context.storage_state()
    context.close()
    return cookies


def _look(browser, address, cookies):
    """(bytes, requests, milliseconds until the page is seen) of one first visit."""
    context = browser.new_context(
        viewport={"width": 390, "height": 850}, locale="zh-CN", storage_state=cookies
    )
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", SLOW)
    network.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    sizes = []
    network.on("Network.loadingFinished", lambda one: sizes.append(one["encodedDataLength"]))
    page.goto(address, wait_until="networkidle")
    seen = page.evaluate(SEEN)
    context.close()
    sizes = [size for size in sizes if size]  # what is asked for twice comes once
    return sum(sizes), len(sizes), seen
