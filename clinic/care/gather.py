"""A family's care plans: what the services say, put into one plan for each child."""

from collections.abc import Collection, Mapping
from datetime import date

from clinic.care.plan import Plan, plan_of
from clinic.families.models import Child
from clinic.services.room import rooms


def plans_of(children: Collection[Child], on: date) -> Mapping[int, Plan]:
    """The plan of each of these children, by id, on that day. As many queries for one as for ten."""
    said = [room.due(children, on) for room in rooms() if room.due]
    return {
        child.id: plan_of(item for of_room in said for item in of_room[child.id])
        for child in children
    }
