"""The parents' main pages ask as often for three children as for one, in a city of twenty centres as of one."""

from datetime import timedelta

import pytest

from tests.makes import (
    TOMORROW,
    make_appointment,
    make_centre,
    make_child,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_slot,
    make_stock,
    make_user,
)
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("noon")
CITY = 20


class Family:
    """A parent with a child that has a visit to come, and hours to book from."""

    def __init__(self, app):
        self.client, self.parent = app.test_client(), make_user()
        self.service = make_service()
        self.nurse = make_practitioner([self.service])
        make_session(self.nurse, make_room(self.nurse.centre), [self.service])
        self.vaccination = make_service("vaccination")
        make_stock(make_slot(self.vaccination).centre)
        self.child = self.one_more("王一禾")
        self.client.sign_in(self.parent)

    def one_more(self, name):
        child = make_child(self.parent, name=name)
        elsewhere = make_service("rehab")
        make_appointment(child, elsewhere, make_slot(elsewhere), by=self.parent)
        return child

    def more_centres(self):
        for _ in range(CITY - 1):
            nurse = make_practitioner([self.service], centre=make_centre())
            room = make_room(nurse.centre)
            make_session(nurse, room, [self.service], TOMORROW + timedelta(days=1))

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
