"""The nearest centres first: times are shown at a few of a city's, and at more when they are asked for."""

from collections.abc import Mapping, Sequence

from clinic.accounts.models import Person
from clinic.booking.queries import last_centre_of
from clinic.centres.models import Centre
from clinic.centres.queries import kilometres
from clinic.scheduling.search.catalogue import Catalogue

FEW = 8  # centres at first, and as many more with each press


def nearest_first(
    centres: Sequence[Centre], near: Mapping[str, float] | None, user: Person
) -> tuple[list[Centre], dict[int, float]]:
    """The centres by their distance from there, and the distances in km by id.

    Where it is not said from where, and there are many, those near the one where the family was
    booked for last come first; distances from that are nobody's question.
    """
    if near:
        away = _distances(centres, near["lat"], near["lng"])
        return sorted(centres, key=lambda centre: away[centre.id]), away
    if len(centres) > FEW and (before := last_centre_of(user)):
        return _around(before, centres), {}
    return list(centres), {}


def nearest(catalogue: Catalogue, service_id: int, centre_id: int) -> list[Centre]:
    """The few nearest to that centre that offer the service, itself the first."""
    centres = catalogue.centres.get(service_id, ())
    here = next((centre for centre in centres if centre.id == centre_id), None)
    return (_around(here, centres) if here else list(centres))[:FEW]


def _around(here: Centre, centres: Sequence[Centre]) -> list[Centre]:
    away = _distances(centres, here.latitude, here.longitude)
    return sorted(centres, key=lambda centre: (centre.id != here.id, away[centre.id]))


def _distances(centres: Sequence[Centre], latitude: float, longitude: float) -> dict[int, float]:
    return {centre.id: kilometres(centre, latitude, longitude) for centre in centres}
