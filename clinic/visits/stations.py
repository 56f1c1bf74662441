"""The stations that a child passes: common ones are data, `stations.json`; each service adds its own. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("stations.json")


@dataclass(frozen=True)
class Station:
    """A place where a child is seen. `minutes` is None where the booked slot says how long."""

    code: str
    name_zh: str
    name_en: str
    minutes: int | None
    staff: frozenset[str]  # the roles that serve here
    by_room: bool = False  # a ticket waits for its own room, not for any that is free
    watches: bool = False  # no child is called: it sits down and is watched for the minutes


@dataclass(frozen=True)
class Pathway:
    """The letter on the tickets of a kind of service, and the stations in their order.

    `own` are those of them that only this kind has.
    """

    letter: str
    path: tuple[str, ...]
    own: tuple[Station, ...] = ()


_stations: dict[str, Station] = {}
_pathways: dict[str, Pathway] = {}


def use(of_kind: Mapping[str, Pathway]) -> None:
    """These are the pathways, by kind of service; a kind that has none gives no tickets."""
    _pathways.clear()
    _pathways.update(of_kind)
    _stations.clear()
    _stations.update(_common())
    own = (station for pathway in of_kind.values() for station in pathway.own)
    _stations.update({station.code: station for station in own})


def stations() -> Mapping[str, Station]:
    """All stations by code."""
    return _stations


def pathways() -> Mapping[str, Pathway]:
    """What a kind of service has of letters and stations, by kind."""
    return _pathways


def room_station(kind: str) -> Station:
    """Where a child is seen in the room that is booked."""
    path = (_stations[code] for code in _pathways[kind].path)
    return next(station for station in path if station.by_room)


def _common() -> dict[str, Station]:
    data = json.loads(FILE.read_text("utf-8"))
    return {
        code: Station(
            code,
            row["zh"],
            row["en"],
            row["minutes"],
            frozenset(row["staff"]),
            row.get("by_room", False),
        )
        for code, row in data["stations"].items()
    }
