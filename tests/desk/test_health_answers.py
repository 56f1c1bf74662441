"""A yes before a jab is seen at the desk, also days later."""

from datetime import timedelta

import time_machine

from clinic.accounts.models import Role
from tests.makes import make_user
from tests.vaccination.at_the_jab import ON_THE_DAY, Day


def test_a_fever_answered_before_is_on_every_page_of_the_desk(client):
    day = Day()
    day.answer(yes=("fever",), now=ON_THE_DAY - timedelta(days=2))
    with time_machine.travel(ON_THE_DAY, tick=False):
        client.sign_in(make_user(Role.RECEPTION, centre=day.visit.centre))
        assert "健康询问有“是”，请再询问" in client.page("/desk/").words
        assert "孩子今天发热吗？" in client.page(f"/desk/appointments/{day.visit.id}").words
        assert "请再询问" in client.page(f"/desk/appointments/{day.visit.id}/slip").words
