"""The desk's camera in Chromium: a fake camera films the codes that families would hold up."""

from dataclasses import dataclass
from datetime import time, timedelta

import pytest
import segno
from sqlalchemy import select

from clinic.accounts.models import Role
from clinic.centres.models import Centre
from clinic.clock import at
from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.references import spoken
from clinic.visits.models import Encounter
from tests.browser.mornings import EIGHT, TODAY, YESTERDAY, signed_in
from tests.browser.test_day_journeys import answered, seat, site_at
from tests.makes import make_appointment, make_child, make_service, make_slot, make_user
from tests.races.families import Parent

WIDTH, HEIGHT, DOT = 640, 480, 8
FAKE_CAMERA = "--use-fake-device-for-media-stream"


def film(path, text):
    """A second of a camera that looks at the code of that text, as raw video: black on white; or at nothing."""
    picture = [bytearray(b"\xff" * WIDTH) for _ in range(HEIGHT)]
    rows = segno.make(text, micro=False).matrix if text else []
    left, top = (WIDTH - len(rows) * DOT) // 2, (HEIGHT - len(rows) * DOT) // 2
    for y, row in enumerate(rows):
        line = b"".join(bytes([16 if dot else 235]) * DOT for dot in row)
        for step in range(DOT):
            picture[top + y * DOT + step][left : left + len(line)] = line
    grey = b"\x80" * (WIDTH * HEIGHT // 2)
    frame = b"FRAME\n" + b"".join(picture) + grey
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode()
    fresh = path.with_suffix(".new")  # a camera that is just stopping still reads the old file
    fresh.write_bytes(head + frame * 10)
    fresh.replace(path)


@dataclass(frozen=True)
class Codes:
    """What families hold up, who is at the desk, and what the desk is told of each."""

    desk: Parent
    here: tuple[int, str, str]  # appointment, name, reference
    strange: list[tuple[str, str]]  # a code, and words of its sentence


def family_and_strangers(app):
    """One family is booked here today; others elsewhere, on another day, not any more, or nowhere."""
    service = make_service()
    slot = make_slot(service, day=TODAY, opens=time(9), capacity=3)
    centre = db.session.get_one(Centre, slot.centre_id)
    facts = {"service": service, "now": YESTERDAY}
    here = make_appointment(make_child(name="𬱖㛃"), slot=slot, **facts)
    make_appointment(slot=slot, **facts)
    later = make_slot(service, practitioner=slot.practitioner, day=TODAY + timedelta(days=3))
    another_day = make_appointment(slot=later, **facts)
    elsewhere = make_appointment(slot=make_slot(service, day=TODAY), **facts)
    cancelled = make_appointment(slot=slot, **facts)
    booking.cancel(cancelled, by=make_user(), online=False, now=YESTERDAY)
    strange = [
        (another_day.booking.reference, "3月5日"),
        (elsewhere.booking.reference, elsewhere.centre.name_zh),
        (cancelled.booking.reference, "已取消"),
        ("wxp://f2f0pnT8SxVUmnVm0kdpGXNLM5J1JjHgkF7Hs", "不是我们的预约码"),
        ("付款码 8 8 8", "请核对输入"),
    ]
    desk = make_user(Role.RECEPTION, centre=centre, name="前台")
    db.session.commit()
    assert at(TODAY, time(9)) == here.starts_at
    return Codes(signed_in(app, desk), (here.id, "𬱖㛃", here.booking.reference), strange)


@pytest.fixture(scope="module")
def desk(migrated, tmp_path_factory):
    """The site this morning, and what is held up."""
    folder = tmp_path_factory.mktemp("scan")
    with site_at(EIGHT, family_and_strangers, migrated, folder) as (address, codes):
        yield address, codes


@pytest.fixture(scope="module")
def camera(launch, tmp_path_factory):
    """A Chromium whose camera plays a file, and the file."""
    path = tmp_path_factory.mktemp("camera") / "camera.y4m"
    film(path, "")
    film_of = f"--use-file-for-fake-video-capture={path}"
    browser = launch(FAKE_CAMERA, "--use-fake-ui-for-media-stream", film_of)
    yield browser, path
    browser.close()


def is_filming(page):
    return page.evaluate("Boolean(document.querySelector('#scanner video').srcObject)")


def test_a_family_is_found_by_the_camera_and_checked_in(camera, desk):
    browser, path = camera
    address, codes = desk
    appointment_id, name, reference = codes.here
    with seat(browser, address, codes.desk, width=390) as at_desk:
        page, asked, said = at_desk.page, [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        at_desk.open("/desk/")
        assert [one for one in asked if "jsqr" in one] == []  # only for who scans
        film(path, spoken(reference))
        answered(page, page.locator("#scan").click)
        row = page.locator(f"#visit-{appointment_id}")
        page.locator("#arrivals tbody tr").nth(1).wait_for(state="detached")
        assert name in row.inner_text()
        assert page.locator("#q").input_value() == spoken(reference)
        assert not is_filming(page)
        assert page.locator("#scanner").is_hidden()
        answered(page, row.locator('form[action$="/arrival"] button').click)
        row.locator('form[action$="/undo"]').wait_for()
        assert said == []  # the content policy refused nothing
        assert reference not in page.url
    assert db.session.scalars(select(Encounter)).one().child.name == name
    db.session.rollback()  # or the site's next POST waits in SQLite's line


def test_strange_codes_have_a_sentence_and_a_way_on(camera, desk):
    browser, path = camera
    address, codes = desk
    with seat(browser, address, codes.desk) as at_desk:
        at_desk.open("/desk/")
        for code, words in codes.strange:
            film(path, code)
            answered(at_desk.page, at_desk.page.locator("#scan").click)
            at_desk.page.locator("#arrivals", has_text=words).wait_for()
            assert at_desk.page.locator("#arrivals a").count() >= 1, code
        at_desk.look()


def test_nothing_to_see_is_said_and_the_camera_does_not_stay_on(camera, desk):
    browser, path = camera
    address, codes = desk
    film(path, "")
    with seat(browser, address, codes.desk, width=390) as at_desk:
        page = at_desk.page
        page.clock.install()
        at_desk.open("/desk/")
        page.locator("#scan").click()
        page.get_by_text("请把二维码对准摄像头").wait_for()
        at_desk.look()
        assert is_filming(page)
        page.clock.fast_forward("00:31")
        page.get_by_text("没有识别到二维码").wait_for()
        assert not is_filming(page)
        page.locator("#scan").click()
        page.locator("#scanner video").wait_for()
        page.keyboard.press("Escape")
        assert not is_filming(page)
        assert page.evaluate("document.activeElement.id") == "scan"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [([], "没有找到摄像头"), ([FAKE_CAMERA], "浏览器未获准使用摄像头")],
)
def test_without_a_camera_or_leave_to_use_it_one_types(launch, desk, arguments, told):
    address, codes = desk
    browser = launch(*arguments)
    with seat(browser, address, codes.desk, width=390) as at_desk:
        at_desk.open("/desk/")
        at_desk.page.locator("#scan").click()
        at_desk.page.get_by_text(told).wait_for()
        at_desk.look()
    browser.close()


def test_no_button_without_scripts_or_a_camera_interface(chromium, desk):
    address, codes = desk
    with seat(chromium, address, codes.desk, scripts=False) as at_desk:
        at_desk.open("/desk/")
        assert at_desk.page.locator("#scan").is_hidden()
    with seat(chromium, address, codes.desk) as at_desk:
        at_desk.page.add_init_script("delete Navigator.prototype.mediaDevices")
        at_desk.open("/desk/")
        assert at_desk.page.locator("#scan").is_hidden()


def test_a_browser_that_reads_codes_itself_fetches_nothing_for_it(camera, desk):
    """Chromium on Linux has no BarcodeDetector: another reader stands in for the browser's."""
    browser, path = camera
    address, codes = desk
    film(path, codes.here[2])
    with seat(browser, address, codes.desk) as at_desk:
        asked = []
        at_desk.page.on("request", lambda request: asked.append(request.url))
        at_desk.page.add_init_script(f"""window.BarcodeDetector = class {{
            static getSupportedFormats() {{ return Promise.resolve(["qr_code"]); }}
            detect(video) {{ return Promise.resolve(video.videoWidth ? [{{ rawValue: "{codes.here[2]}" }}] : []); }}
        }};""")
        at_desk.open("/desk/")
        answered(at_desk.page, at_desk.page.locator("#scan").click)
        at_desk.page.locator("#arrivals tbody tr").nth(1).wait_for(state="detached")
        assert codes.here[1] in at_desk.page.locator("#arrivals").inner_text()
        assert [one for one in asked if "jsqr" in one] == []
