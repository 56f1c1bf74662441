"""How often what families see has changed: the version of each centre and day

`versions` counts, for each centre and day (of UTC), the changes of what a search reads, and
under centre 0 the changes of what all pages share: services, centres, practitioners, policies,
closures. A page that shows the same versions shows the same.

On PostgreSQL the count of a booking's change waits for the end of its transaction: two bookings
at one centre and day wait for each other only while one of them commits.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004", "0003"
branch_labels = depends_on = None

SHARED = (
    "services",
    "centres",
    "centre_services",
    "practitioners",
    "practitioner_services",
    "policies",
    "closures",
)
COUNT = """
    INSERT INTO versions (centre_id, day, number) {rows}
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1"""
COUNT_SHARED = COUNT.format(rows="VALUES (0, '1970-01-01', 1)")


def sqlite_statements() -> list[str]:
    statements = [
        f"""
        CREATE TRIGGER slot_services_version_{event} AFTER {event} ON slot_services
        BEGIN
            {COUNT.format(rows=f"VALUES ({row}.centre_id, date({row}.starts_at), 1)")};
        END"""
        for event, row in (("insert", "NEW"), ("update", "NEW"), ("delete", "OLD"))
    ]
    statements += [
        f"CREATE TRIGGER {table}_version_{event} AFTER {event} ON {table} BEGIN {COUNT_SHARED}; END"
        for table in SHARED
        for event in ("insert", "update", "delete")
    ]
    return statements


def postgresql_statements() -> list[str]:
    day = "(starts_at AT TIME ZONE 'UTC')::date"
    some = f"SELECT DISTINCT centre_id, {day}, 1 FROM changed ORDER BY 1, 2"
    one = "VALUES (NEW.centre_id, (NEW.starts_at AT TIME ZONE 'UTC')::date, 1)"
    statements = [
        f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {count}; RETURN NULL; END $$"""
        for name, count in (
            ("count_some_versions", COUNT.format(rows=some)),
            ("count_one_version", COUNT.format(rows=one)),
            ("count_shared_version", COUNT_SHARED),
        )
    ]
    # New days have no bookings yet that could wait, and rows come by the hundred thousand.
    statements += [
        f"CREATE TRIGGER slot_services_version_{event} AFTER {event} ON slot_services "
        f"REFERENCING {which} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_some_versions()"
        for event, which in (("insert", "NEW"), ("delete", "OLD"))
    ]
    statements.append(
        "CREATE CONSTRAINT TRIGGER slot_services_version_update AFTER UPDATE ON slot_services "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_one_version()"
    )
    statements += [
        f"CREATE TRIGGER {table}_version AFTER INSERT OR UPDATE OR DELETE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION count_shared_version()"
        for table in SHARED
    ]
    return statements


def upgrade() -> None:
    op.create_table(
        "versions",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("centre_id", "day", name="pk_versions"),
    )
    bind = op.get_bind()
    sqlite = bind.dialect.name == "sqlite"
    for statement in sqlite_statements() if sqlite else postgresql_statements():
        bind.exec_driver_sql(statement)


def downgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        for event in ("insert", "update", "delete"):
            for table in ("slot_services", *SHARED):
                bind.exec_driver_sql(f"DROP TRIGGER {table}_version_{event}")
    else:
        for event in ("insert", "update", "delete"):
            bind.exec_driver_sql(f"DROP TRIGGER slot_services_version_{event} ON slot_services")
        for table in SHARED:
            bind.exec_driver_sql(f"DROP TRIGGER {table}_version ON {table}")
        for name in ("count_some_versions", "count_one_version", "count_shared_version"):
            bind.exec_driver_sql(f"DROP FUNCTION {name}()")
    op.drop_table("versions")
