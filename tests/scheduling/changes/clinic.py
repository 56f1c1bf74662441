"""A small clinic whose hours change, for the tests of that."""

from tests.world import World


class Clinic(World):
    """One practitioner, tomorrow from nine to eleven in slots of a quarter."""

    def __init__(self, *, minutes=15, **hours):
        super().__init__(minutes=minutes, hours=hours)
