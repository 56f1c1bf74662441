"""The parents' main pages ask as often for three children as for one, in a city of twenty centres as of one."""

from datetime import timedelta

import pytest

from tests.makes import TOMORROW, make_child, make_stock
from tests.queries import count_queries
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
CITY = 20


class Family(World):
    """A parent with a child that has a visit to come, and hours to book from."""

    def __init__(self, app):
        super().__init__(hours={})
        make_stock(World("vaccination", hours={}).centre)
        self.child = self.one_more("王一禾")
        self.client = app.test_client().sign_in(self.parent)

    def one_more(self, name):
        child = make_child(self.parent, name=name)
        World("rehab", hours={}).book(child=child, by=self.parent)
        return child

    def more_centres(self):
        for _ in range(CITY - 1):
            World(service=self.service, hours={"day": TOMORROW + timedelta(days=1)})

    def counts(self):
        """Statements by page, what all pages share being in memory."""
        pages = {
            "home": "/",
            "plan": f"/family/children/{self.child.id}/plan",
            "appointments": "/appointments/",
            "chooser": f"/pediatrics/?child={self.child.id}&service={self.service.id}",
        }
        for address in pages.values():
            self.client.page(address)
        found = {
            name: count_queries(lambda address=address: self.client.get(address))
            for name, address in pages.items()
        }
        page = self.client.page(pages["chooser"])
        form, slot = page.form("wish"), page.values("button.slot", "value")[0]
        answers = []
        found["keep"] = count_queries(lambda: answers.append(form.submit(slot)))
        found["confirm page"] = count_queries(lambda: answers.append(answers[-1].follow()))
        confirm = answers[-1].form(holding="reason")
        found["confirm"] = count_queries(lambda: answers.append(confirm.submit()))
        made = answers[-1].follow()
        made.click("取消").form(holding="reason").submit()
        return found


@pytest.fixture
def family(both):
    return Family(both)


@pytest.mark.parametrize("grows", ["children", "centres"])
def test_as_many_statements_for_more(family, grows):
    family.client.page("/")
    few = family.counts()
    if grows == "children":
        for name in ("王二禾", "王三禾"):
            family.one_more(name)
    else:
        family.more_centres()
        few["chooser"] += 1  # beyond a few centres: where the family was last
    assert family.counts() == few
