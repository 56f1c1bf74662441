"""The set-up files one by one: their columns, which rows are on record, and how one is made or changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from clinic import plain
from clinic.centres.models import Centre, CentreService, OpeningHours, Practitioner, Room, Service
from clinic.db import db
from clinic.setup.files import columns as of
from clinic.setup.files.columns import Column

Values = dict[str, Any]
Key = tuple[Any, ...]


@dataclass
class References:
    """The centres and services that rows speak of, by their codes, as they are on record."""

    centres: dict[str, Centre] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)


def references() -> References:
    """All of them. Two queries."""
    return References(
        {row.code: row for row in db.session.scalars(select(Centre))},
        {row.code: row for row in db.session.scalars(select(Service))},
    )


@dataclass(frozen=True)
class Sheet:
    """A file: `key` are the columns that tell its rows apart, `fixed` those that stay as they are.

    `load` gives the values of each row on record with the row itself, `make` adds a row, and
    `change` gives one other values.
    """

    name: str
    zh: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    load: Callable[[], dict[Key, tuple[Values, Any]]]
    make: Callable[[Values, References], Any]
    change: Callable[[Any, Values, References], None]
    fixed: frozenset[str] = frozenset()

    def key_of(self, values: Values) -> Key:
        return tuple(values[name] for name in self.key)


def _plain(row: Any, columns: Sequence[Column]) -> Values:
    return {column.key: getattr(row, column.key) for column in columns if hasattr(row, column.key)}


def _both(
    name: str, zh: str, most_zh: int, most_en: int, *, must: bool = False, note: bool = False
) -> tuple[Column, Column]:
    """A text in Chinese and in English."""
    reader = plain.note if note else plain.line
    return (
        Column(f"{name}_zh", f"{zh}（中文）", of.text(most_zh, reader), is_required=must),
        Column(f"{name}_en", f"{zh}（英文）", of.text(most_en, reader), is_required=must),
    )


def _flag(key: str, zh: str) -> Column:
    return Column(key, zh, of.yes_or_no, of.shown_yes)


CENTRE = Column("centre", "中心代码", of.code, is_required=True)
PRICE = Column("price_fen", "价格（元）", of.price, of.shown_price, called="price_yuan")
SERVICE = Column("service", "服务代码", of.code, is_required=True)

_of_centres = (
    CENTRE,
    *_both("name", "名称", 80, 120, must=True),
    Column("district", "区", of.text(20), is_required=True),
    *_both("address", "地址", 120, 160, must=True),
    Column("phone", "电话", of.text(30), is_required=True),
    Column("latitude", "纬度", of.degrees, is_required=True),
    Column("longitude", "经度", of.degrees, is_required=True),
    *_both("about", "简介", 300, 400),
    *_both("parking", "停车", 200, 300),
    Column("map_url", "地图链接", of.text(300)),
    _flag("is_wheelchair_accessible", "无障碍"),
)


def _centres() -> dict[Key, tuple[Values, Any]]:
    rows = db.session.scalars(select(Centre).order_by(Centre.code))
    return {(row.code,): ({"centre": row.code} | _plain(row, _of_centres), row) for row in rows}


def _make_centre(values: Values, known: References) -> Centre:
    facts = {name: value for name, value in values.items() if name != "centre"}
    known.centres[values["centre"]] = row = Centre(code=values["centre"], **facts)
    return row


_of_rooms = (
    CENTRE,
    *_both("name", "名称", 60, 80, must=True),
    Column("stations", "位置数", of.whole(1, 50), is_required=True),
    _flag("is_fever_room", "发热诊室"),
    _flag("is_wheelchair_accessible", "无障碍"),
)


def _rooms() -> dict[Key, tuple[Values, Any]]:
    rows = db.session.scalars(
        select(Room).join(Centre).options(joinedload(Room.centre)).order_by(Centre.code, Room.id)
    )
    found: dict[Key, tuple[Values, Any]] = {}
    for row in rows:
        values = _plain(row, _of_rooms) | {"centre": row.centre.code}
        found.setdefault((row.centre.code, row.name_zh), (values, row))
    return found


def _make_room(values: Values, known: References) -> Room:
    facts = {name: value for name, value in values.items() if name != "centre"}
    return Room(centre=known.centres[values["centre"]], **facts)


_of_hours = (
    CENTRE,
    Column("weekday", "星期", of.whole(1, 7), is_required=True),  # Monday is 1
    Column("hours", "开放时间", of.hours, of.shown_hours),
)


def _hours() -> dict[Key, tuple[Values, Any]]:
    rows = db.session.execute(
        select(Centre.code, OpeningHours)
        .join(OpeningHours, OpeningHours.centre_id == Centre.id)
        .order_by(Centre.code, OpeningHours.weekday, OpeningHours.opens)
    )
    days: dict[Key, list[OpeningHours]] = {}
    for code, row in rows:
        days.setdefault((code, row.weekday + 1), []).append(row)
    found: dict[Key, tuple[Values, Any]] = {}
    for key, those in days.items():
        spans = tuple((row.opens, row.closes) for row in those)
        found[key] = ({"centre": key[0], "weekday": key[1], "hours": spans}, those)
    return found


def _make_hours(values: Values, known: References) -> list[OpeningHours]:
    centre, weekday = known.centres[values["centre"]], values["weekday"] - 1
    made = [
        OpeningHours(weekday=weekday, opens=opens, closes=closes)
        for opens, closes in values["hours"]
    ]
    centre.opening_hours.extend(made)
    return made


def _change_hours(rows: list[OpeningHours], values: Values, known: References) -> None:
    for row in rows:
        db.session.delete(row)
    db.session.flush()
    for opens, closes in values["hours"]:
        first = rows[0]
        db.session.add(
            OpeningHours(
                centre_id=first.centre_id, weekday=first.weekday, opens=opens, closes=closes
            )
        )


_of_services = (
    SERVICE,
    Column("kind", "类别", of.code, is_required=True),
    *_both("name", "名称", 60, 80, must=True),
    *_both("about", "说明", 200, 300),
    *_both("bring", "携带物品", 300, 400, note=True),
    Column("minutes", "分钟", of.whole(1, 480), is_required=True),
    Column("hold_minutes", "保留分钟", of.whole(1, 60), is_required=True),
    Column("min_age_months", "最小月龄", of.whole(0, 18 * 12), is_required=True),
    Column("max_age_months", "最大月龄", of.whole(0, 18 * 12), is_required=True),
    PRICE,
)


def _services() -> dict[Key, tuple[Values, Any]]:
    rows = db.session.scalars(select(Service).order_by(Service.code))
    return {(row.code,): ({"service": row.code} | _plain(row, _of_services), row) for row in rows}


def _make_service(values: Values, known: References) -> Service:
    facts = {name: value for name, value in values.items() if name != "service"}
    known.services[values["service"]] = row = Service(code=values["service"], **facts)
    return row


_of_offers = (CENTRE, SERVICE, PRICE)


def _offers() -> dict[Key, tuple[Values, Any]]:
    rows = db.session.execute(
        select(Centre.code, Service.code, CentreService)
        .join(CentreService, CentreService.centre_id == Centre.id)
        .join(Service, Service.id == CentreService.service_id)
        .order_by(Centre.code, Service.code)
    )
    return {
        (centre, service): (
            {"centre": centre, "service": service, "price_fen": row.price_fen},
            row,
        )
        for centre, service, row in rows
    }


def _make_offer(values: Values, known: References) -> CentreService:
    return CentreService(
        centre_id=known.centres[values["centre"]].id,
        service_id=known.services[values["service"]].id,
        price_fen=values["price_fen"],
    )


_of_practitioners = (
    CENTRE,
    *_both("name", "姓名", 60, 80, must=True),
    *_both("title", "职称", 60, 80, must=True),
    *_both("fields", "擅长", 120, 160),
    Column("languages", "语言", of.words, of.joined),
    Column("services", "服务代码", of.codes, of.joined),
)


def _practitioners() -> dict[Key, tuple[Values, Any]]:
    rows = db.session.scalars(
        select(Practitioner)
        .join(Centre)
        .options(joinedload(Practitioner.centre), selectinload(Practitioner.services))
        .order_by(Centre.code, Practitioner.id)
    )
    found: dict[Key, tuple[Values, Any]] = {}
    for row in rows:
        values = _plain(row, _of_practitioners) | {
            "centre": row.centre.code,
            "languages": tuple(row.languages),
            "services": tuple(sorted(service.code for service in row.services)),
        }
        found.setdefault((row.centre.code, row.name_zh), (values, row))
    return found


def _make_practitioner(values: Values, known: References) -> Practitioner:
    row = Practitioner(centre=known.centres[values["centre"]])
    _change_practitioner(
        row, {name: value for name, value in values.items() if name != "centre"}, known
    )
    return row


def _change_practitioner(row: Practitioner, values: Values, known: References) -> None:
    for name, value in values.items():
        if name == "services":
            row.services = [known.services[code] for code in value]
        else:
            setattr(row, name, list(value) if name == "languages" else value)


def _set(row: Any, values: Values, known: References) -> None:
    for name, value in values.items():
        setattr(row, name, value)


SHEETS = (
    Sheet("centres", "中心", ("centre",), _of_centres, _centres, _make_centre, _set),
    Sheet(
        *("services", "服务", ("service",), _of_services, _services, _make_service, _set),
        fixed=frozenset({"kind", "minutes", "min_age_months", "max_age_months", "price_fen"}),
    ),
    Sheet("rooms", "诊室", ("centre", "name_zh"), _of_rooms, _rooms, _make_room, _set),
    Sheet(
        "opening_hours",
        "开放时间",
        ("centre", "weekday"),
        _of_hours,
        _hours,
        _make_hours,
        _change_hours,
    ),
    Sheet("offers", "开展的服务", ("centre", "service"), _of_offers, _offers, _make_offer, _set),
    Sheet(
        *("practitioners", "医生", ("centre", "name_zh"), _of_practitioners, _practitioners),
        _make_practitioner,
        _change_practitioner,
    ),
)
