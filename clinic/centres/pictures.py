"""Pictures of a centre: read, made small, kept in the database, named by their bytes. Verbs flush."""

import hashlib
from datetime import datetime
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Centre
from clinic.db import Base, db, lock_row
from clinic.errors import DomainError
from clinic.sentences import mark

MOST = 8  # of one centre
MOST_PIXELS = 50_000_000  # of what is read; the header says it before anything is unpacked
LONGEST_SIDE = 1600  # pixels of what is kept
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP")
Image.MAX_IMAGE_PIXELS = None  # `as_jpeg` asks by itself, and refuses instead of warning


class CentrePicture(Base):
    """A picture of a centre as JPEG; `name` is the hash of its bytes."""

    __tablename__ = "centre_pictures"
    __table_args__ = (UniqueConstraint("centre_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    name: Mapped[str] = mapped_column(String(64), index=True)
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    width: Mapped[int]
    height: Mapped[int]
    alt_zh: Mapped[str] = mapped_column(String(120))  # what it shows, for who cannot see it
    alt_en: Mapped[str] = mapped_column(String(160))
    added_at: Mapped[datetime]
    added_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class NotAPicture(DomainError):
    message = mark("This is no picture that can be read. JPEG, PNG and WebP can.")


class TooManyPixels(DomainError):
    message = mark(
        "This picture is too large. Please make it smaller, to 50 million pixels at most."
    )


class TooMany(DomainError):
    message = mark("A centre has 8 pictures at most. Please remove one first.")


class SamePicture(DomainError):
    message = mark("This picture is here already.")


def as_jpeg(content: bytes) -> tuple[bytes, int, int]:
    """The picture upright, small and without anything that was written into it; width and height.

    Raises NotAPicture, TooManyPixels.
    """
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise TooManyPixels
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG need not be unpacked whole
            image = ImageOps.exif_transpose(opened)
            image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            whole = image.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise NotAPicture from error
    flat = Image.new("RGB", whole.size, "white")
    flat.paste(whole, mask=whole.getchannel("A"))
    kept = BytesIO()
    flat.save(kept, "JPEG", quality=QUALITY, optimize=True)
    return kept.getvalue(), flat.width, flat.height


def add(centre: Centre, content: bytes, *, by: Person, now: datetime) -> CentrePicture:
    """Keep the picture for the centre, described by the centre's name until somebody says more.

    Raises NotAPicture, TooManyPixels, TooMany, SamePicture.
    """
    data, width, height = as_jpeg(content)
    lock_row(centre)  # of two at once the second counts the first
    name = hashlib.sha256(data).hexdigest()
    known = pictures_of(centre)
    if any(picture.name == name for picture in known):
        raise SamePicture
    if len(known) >= MOST:
        raise TooMany
    picture = CentrePicture(
        centre_id=centre.id,
        name=name,
        data=data,
        width=width,
        height=height,
        alt_zh=centre.name_zh,
        alt_en=centre.name_en,
        added_at=now,
        added_by_id=by.id,
    )
    db.session.add(picture)
    db.session.flush()
    audit.record("add picture", picture, by=by.id, now=now, centre_id=centre.id)
    return picture


def describe(
    picture: CentrePicture, alt_zh: str, alt_en: str, *, by: Person, now: datetime
) -> None:
    """Say what it shows."""
    if (picture.alt_zh, picture.alt_en) == (alt_zh, alt_en):
        return
    picture.alt_zh, picture.alt_en = alt_zh, alt_en
    db.session.flush()
    audit.record("describe picture", picture, by=by.id, now=now, centre_id=picture.centre_id)


def remove(picture: CentrePicture, *, by: Person, now: datetime) -> None:
    """Delete it."""
    audit.record("remove picture", picture, by=by.id, now=now, centre_id=picture.centre_id)
    db.session.delete(picture)
    db.session.flush()


def pictures_of(centre: Centre) -> list[CentrePicture]:
    """The pictures of a centre in the order in which they came, without their bytes."""
    query = select(CentrePicture).where(CentrePicture.centre_id == centre.id)
    return list(db.session.scalars(query.order_by(CentrePicture.id)))


def get_picture(centre: Centre, picture_id: int) -> CentrePicture:
    """A picture of that centre. Raises NoResultFound."""
    query = select(CentrePicture).where(
        CentrePicture.id == picture_id, CentrePicture.centre_id == centre.id
    )
    return db.session.execute(query).scalar_one()
