"""What a server does before its workers are forked."""

import pytest

from clinic import server
from clinic.app import create_app
from clinic.db import db
from tests.makes import make_child, make_service, make_slot, make_user


def test_the_first_family_finds_the_templates_compiled(app, client):
    mother = make_user()
    make_child(mother)
    make_slot(make_service())
    db.session.commit()
    client.sign_in(mother)

    server.make_ready(app)

    ready = set(app.jinja_env.cache)
    assert client.get("/pediatrics/").status_code == 200
    assert set(app.jinja_env.cache) == ready


def test_no_worker_inherits_a_connection(both):
    make_slot(make_service())
    db.session.commit()
    db.session.remove()

    server.make_ready(both)

    assert (db.engine.pool.checkedin(), db.engine.pool.checkedout()) == (0, 0)


@pytest.mark.heavy("processes")
@pytest.mark.parametrize(
    "url", ["sqlite:///{}/empty.sqlite3", "postgresql+psycopg://nobody@127.0.0.1:9/none"]
)
def test_it_starts_without_its_database(url, tmp_path, caplog):
    site = create_app({"DATABASE_URL": url.format(tmp_path), "SECRET_KEY": "x" * 40})

    server.make_ready(site)

    assert "without its database" in caplog.text
