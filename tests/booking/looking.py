"""A parent looks at the page of free times again and again, as a browser does."""

from datetime import date, time

from tests.makes import NOON, make_child, make_hold, make_user
from tests.world import World

PAGE = "/pediatrics/"


class Site(World):
    """A parent with a child, a centre with an afternoon and tomorrow morning, places online and at the desk."""

    def __init__(self, app):
        super().__init__()
        self.other = make_user()
        self.others_child = make_child(self.other)
        self.today = self.open(date(2026, 3, 2), opens=time(14), closes=time(16))
        self.session = self.open(capacity=2, online_capacity=2)
        self.later = self.open(date(2026, 3, 4), closes=time(10))
        self.child = make_child(self.parent)
        self.client = app.test_client().sign_in(self.parent)
        self.tag = None

    def both_places_are_taken(self):
        """One is booked, the other kept in a form."""
        self.book()
        make_hold(self.request(self.others_child), by=self.other, now=NOON)

    def look(self, path=PAGE, **headers):
        """What the browser gets: 304 when what it has is still right."""
        condition = {"If-None-Match": self.tag} if self.tag else {}
        answer = self.client.get(path, headers=condition | headers)
        self.tag = answer.headers.get("ETag")
        return answer.status_code
