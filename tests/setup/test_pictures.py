"""Pictures are kept small and plain; what is none, or too large, is refused beside the field."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from clinic.centres import pictures as verbs
from clinic.centres.pictures import CentrePicture
from clinic.db import db
from clinic.errors import DomainError
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
SIDEWAYS = 6  # EXIF's orientation of a phone that was held upright


def picture(width=40, height=30, kind="JPEG", color="red", **written):
    content = BytesIO()
    Image.new("RGB", (width, height), color).save(content, kind, **written)
    return content.getvalue()


def bomb():
    """A PNG of a few bytes that says it is 60,000 by 60,000."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_made_small_and_written_anew(kind):
    data, width, height = verbs.as_jpeg(picture(3200, 1600, kind))
    kept = Image.open(BytesIO(data))
    assert (kept.format, kept.size) == ("JPEG", (1600, 800))
    assert (width, height) == kept.size


def test_what_the_camera_wrote_is_left_out_and_the_picture_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = SIDEWAYS
    exif[0x010F] = "a camera"
    data, width, height = verbs.as_jpeg(picture(40, 30, exif=exif))
    assert (width, height) == (30, 40)
    assert not Image.open(BytesIO(data)).getexif()
    assert b"a camera" not in data


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", verbs.NotAPicture),
        (b"<svg onload='alert(1)'/>", verbs.NotAPicture),
        (picture()[:200], verbs.NotAPicture),
        (picture(kind="GIF"), verbs.NotAPicture),
        (bomb(), verbs.TooManyPixels),
    ],
)
def test_what_is_no_picture_is_refused(content, refusal):
    with pytest.raises(DomainError) as caught:
        verbs.as_jpeg(content)
    assert type(caught.value) is refusal


@pytest.fixture
def site(both):
    world = World()
    world.client = both.test_client().sign_in(world.manager)
    world.page = f"/setup/centres/{world.centre.code}/pictures"
    return world


def upload(site, *contents):
    files = [(BytesIO(content), f"{n}.jpg") for n, content in enumerate(contents)]
    site.client.page(site.page)
    return site.client.post(site.page, data={"picture": files}, tampered=True)


def test_a_picture_is_added_described_shown_and_removed(both, site):
    assert upload(site, picture()).status_code == 303
    row = db.session.query(CentrePicture).one()
    page = site.client.page(site.page)
    form = page.form(action="/description")
    (name_zh, name_en) = sorted(each for each in form.names if "alt" in each)[::-1]
    page = form.fill({name_zh: "入口", name_en: "The entrance"}).submit().follow()
    address = f"/pictures/{row.name}.jpg"
    stranger = both.test_client()
    shown = stranger.page(f"/centres/{site.centre.code}").one("img.picture")
    assert (shown.attributes["src"], shown.attributes["alt"]) == (address, "入口")
    answer = stranger.get(address)
    assert answer.mimetype == "image/jpeg"
    assert "immutable" in answer.headers["Cache-Control"]
    page.form(action="/removal").submit().follow()
    assert stranger.get(address).status_code == 404


def test_a_centre_has_eight_at_most_and_none_twice(site):
    several = [picture(color=(n, 0, 0)) for n in range(0, 250, 30)]
    assert upload(site, *several[:8]).status_code == 303
    assert upload(site, several[8]).status_code == 422
    assert upload(site, several[0]).status_code == 422
    assert db.session.query(CentrePicture).count() == 8


def test_of_several_files_none_is_kept_if_one_is_bad(site):
    answer = upload(site, picture(), b"nothing")
    assert answer.status_code == 422
    assert "不是可读取的图片" in answer.text
    assert db.session.query(CentrePicture).count() == 0


def test_one_of_forty_megabytes_is_refused_in_a_sentence(site):
    site.client.page(site.page)
    answer = site.client.post(
        site.page,
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(40 * 1024 * 1024)},
        tampered=True,
    )
    assert answer.status_code == 422
    assert "16 MB" in answer.text
