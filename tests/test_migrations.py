"""Every migration goes up, down and up; old databases are carried over, refused or set aside."""

import pytest
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from clinic.accounts.models import Membership, Role
from clinic.app import create_app
from clinic.centres.models import Centre as CentreRow
from clinic.db import db
from clinic.demo_mark import mark_as_demo
from clinic.extensions import migrate
from clinic.revisions import BASELINE, set_aside, why_not
from clinic.scheduling.appointments import booking
from clinic.vaccination.stock import lots
from clinic.vaccination.stock.models import DoseReservation
from tests.conftest import SETTINGS
from tests.engines import database
from tests.makes import NOON, make_centre, make_practitioner, make_service, make_user
from tests.schema import everything, tables_of, tables_of_models
from tests.vaccination.stock.stocked import MMR, Centre


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path):
    """The site on a database without a table, once on each engine."""
    if request.param == "postgresql":
        url = database(request.getfixturevalue("postgres"), "empty")
    else:
        url = f"sqlite:///{tmp_path / 'clinic.sqlite3'}"
    app = create_app(SETTINGS | {"DATABASE_URL": url})
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def look(reader=everything):
    with db.engine.connect().execution_options(writes=True) as connection:
        return reader(connection)


def run(*statements):
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def revisions():
    """All of them, the baseline first."""
    scripts = ScriptDirectory(migrate.directory).walk_revisions()
    return [script.revision for script in scripts][::-1]


@pytest.mark.heavy("all migrations")
def test_every_migration_goes_up_and_down_and_up(empty):
    assert revisions()[0] == BASELINE
    of_models = look(tables_of_models)
    states = {}
    for revision in revisions():
        upgrade(revision=revision)
        states[revision] = look()
    assert look(tables_of) == of_models
    for revision in revisions()[-2::-1]:
        downgrade(revision=revision)
        assert look() == states[revision], revision
    downgrade(revision="base")
    assert look() == {}
    upgrade()
    assert look() == states[revisions()[-1]]


# How the migrations that the baseline stands for spelled things.
BEFORE = {
    "sqlite": (
        "DROP TRIGGER holds_release_doses",
        "CREATE TRIGGER holds_release AFTER UPDATE OF ended_at ON holds BEGIN SELECT 1; END",
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, 'CONSTRAINT ck_health_asked_again_temperature',"
        " 'CONSTRAINT ck_health_asked_again_ck_health_asked_again_temperature')",
        "PRAGMA writable_schema = RESET",
    ),
    "postgresql": (
        "DROP TRIGGER holds_release_doses ON holds",
        "CREATE FUNCTION end_hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "CREATE TRIGGER holds_release AFTER UPDATE OF ended_at ON holds"
        " FOR EACH ROW EXECUTE FUNCTION end_hold()",
        "ALTER TABLE health_asked_again RENAME CONSTRAINT ck_health_asked_again_temperature"
        " TO ck_health_asked_again_ck_health_asked_again_temperature",
        "CREATE SEQUENCE record_versions_child_id_seq OWNED BY record_versions.child_id",
        "ALTER TABLE record_versions ALTER child_id"
        " SET DEFAULT nextval('record_versions_child_id_seq')",
    ),
}


def test_a_database_from_before_the_baseline_is_carried_over(empty):
    upgrade()
    meant = look()
    downgrade(revision="0035")
    run(
        "INSERT INTO users (id, name, phone, epoch, created_at)"
        " VALUES (1, '王芳', '+8613800000000', 0, '2026-03-02 04:00:00')"
    )
    run(*BEFORE[db.engine.dialect.name])
    assert look() != meant
    upgrade()
    assert look() == meant
    assert db.session.scalar(text("SELECT name FROM users")) == "王芳"


def at(revision):
    """The database is at that revision, by what it says."""
    db.session.execute(text("UPDATE alembic_version SET version_num = :at").bindparams(at=revision))
    db.session.commit()


@pytest.mark.parametrize("revision", ["0001", "0030", "9999"])
def test_an_older_or_newer_database_is_refused_in_a_sentence(both, revision, caplog):
    at(revision)
    before = look()
    answer = both.test_cli_runner().invoke(args=["db", "upgrade"])
    assert answer.exit_code == 1
    assert f"This database is at revision {revision}" in caplog.messages[-1]
    assert "Traceback" not in caplog.text
    assert look() == before


def test_what_can_be_gone_on_from_is_not_refused():
    assert [why_not(revision) for revision in (None, *revisions())] == [None] * (
        len(revisions()) + 1
    )


def test_the_demos_old_database_is_set_aside_and_not_lost(fresh):
    url = fresh("sqlite")
    with create_app(SETTINGS | {"DATABASE_URL": url}).app_context():
        assert set_aside(db.engine) is None
        for name in ("王芳", "李明"):
            upgrade()
            mark_as_demo(NOON)
            make_user(name=name)
            at("0017")
            db.session.remove()
            aside = set_aside(db.engine)
            with create_app(SETTINGS | {"DATABASE_URL": f"sqlite:///{aside}"}).app_context():
                assert db.session.scalar(text("SELECT name FROM users")) == name
                db.session.remove()
                db.engine.dispose()
        assert set_aside(db.engine) is None  # there is none
        db.engine.dispose()


def doses(table, vaccine):
    """The doses that are reserved, what the centre counts of them, and why some are not any more."""
    columns = f"{table}.id, appointment_id, hold_id, child_id, {vaccine}, made_at, why_released"
    rows = db.session.execute(text(f"SELECT {columns} FROM {table} ORDER BY id")).all()
    db.session.rollback()
    return [tuple(row) for row in rows]


def test_reserved_doses_are_carried_over_both_ways(empty):
    upgrade()
    centre = Centre()
    lot = centre.receive(3)
    centre.form(MMR)
    centre.visit(MMR)
    booking.cancel(centre.visit(MMR), by=centre.nurse, online=False, now=NOON)
    lots.waste(lot, 2, "摔碎", by=centre.nurse, now=NOON)
    db.session.commit()
    assert [row.why_released for row in db.session.query(DoseReservation).order_by("id")] == [
        None,
        "lost",
        "cancelled",
    ]
    before = doses("reservations", "key")
    downgrade(revision="0038")
    assert doses("dose_promises", "vaccine") == [
        tuple("wasted" if value == "lost" else value for value in row) for row in before
    ]
    upgrade()
    assert doses("reservations", "key") == before
    centre.receive(2, number="A2")  # what was lost comes back
    assert centre.counts() == (3, 2)


def test_clinicians_get_a_profession_from_what_they_give(empty):
    upgrade()
    given = {
        "vaccinator": ("护师", [("vaccination", "vaccination")]),
        "tcm": ("副主任中医师", [("pediatrics", "tuina"), ("pediatrics", "acupuncture")]),
        "speech": ("治疗师", [("rehab", "rehab-assessment"), ("rehab", "speech-training")]),
        "physical": ("治疗师", [("rehab", "motor-training")]),
        "doctor": ("主治医师·儿童康复", [("rehab", "motor-training")]),
    }
    codes = {code: kind for _, services in given.values() for kind, code in services}
    services = {code: make_service(kind, code=code) for code, kind in codes.items()}
    users = {}
    for profession, (title, codes_given) in given.items():
        user = users[profession] = make_user(Role.CLINICIAN, centre=make_centre())
        theirs = [services[code] for _, code in codes_given]
        place = db.session.get(CentreRow, user.memberships[0].centre_id)
        make_practitioner(theirs, user=user, centre=place, title_zh=title)
    idle = make_user(Role.CLINICIAN, Role.RECEPTION, centre=make_centre())
    db.session.remove()
    downgrade(revision="0044")
    upgrade()
    found = db.session.query(Membership).filter(Membership.role == Role.CLINICIAN)
    assert {row.user_id: row.profession for row in found} == {
        user.id: profession for profession, user in users.items()
    } | {idle.id: "doctor"}
