"""What all pages share is read beside whatever else a request does."""

from sqlalchemy import text

from clinic.db import db
from clinic.scheduling.search import catalogue
from tests.makes import make_centre, make_service


def test_the_catalogue_is_read_in_the_middle_of_a_transaction_that_writes(both):
    service = make_service()
    make_centre(services=[service])
    db.session.execute(text("UPDATE services SET minutes = minutes"))

    assert [service.id for service in catalogue.read().services] == [service.id]
