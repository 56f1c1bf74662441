"""What the desk asks again before a check-in; answers and reactions count for its pages

`health_asked_again` says whether what a family answered with yes before a vaccination is still so,
with the temperature. The desk's version of a day (0011) now counts these, the answers and the
reactions too: its pages show them.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0027", "0026"
branch_labels = depends_on = None

TABLE = "health_asked_again"
EVENTS = {
    TABLE: ("INSERT",),
    "vaccination_screenings": ("INSERT",),
    "adverse_events": ("INSERT", "UPDATE"),
}
COUNT = """
    INSERT INTO desk_versions (centre_id, day, number)
    SELECT centre_id, date(starts_at), 1 FROM appointments WHERE id = NEW.appointment_id
    ON CONFLICT (centre_id, day) DO UPDATE SET number = desk_versions.number + 1;"""
NOTE = """
    CREATE FUNCTION note_desk_of_visit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM note_version(
            'desk:' || centre_id || ':' || (starts_at AT TIME ZONE 'UTC')::date
        ) FROM appointments WHERE id = NEW.appointment_id;
        RETURN NULL;
    END $$"""


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("screening_id", sa.Integer(), nullable=False),
        sa.Column("still", sa.JSON(), nullable=False),
        sa.Column("temperature", sa.Integer()),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("temperature BETWEEN 320 AND 430", name=f"ck_{TABLE}_temperature"),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name=f"fk_{TABLE}_appointment_id_appointments"
        ),
        sa.ForeignKeyConstraint(
            ["screening_id"],
            ["vaccination_screenings.id"],
            name=f"fk_{TABLE}_screening_id_vaccination_screenings",
        ),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=f"fk_{TABLE}_by_id_users"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
    )
    op.create_index(f"ix_{TABLE}_visit", TABLE, ["appointment_id", "id"])
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        for table, events in EVENTS.items():
            for event in events:
                bind.exec_driver_sql(
                    f"CREATE TRIGGER {table}_desk_version_{event.lower()} AFTER {event} ON {table} "
                    f"BEGIN {COUNT} END"
                )
        return
    bind.exec_driver_sql(NOTE)
    for table, events in EVENTS.items():
        # As in 0014: what is noted is counted at the commit, with all else that is.
        bind.exec_driver_sql(
            f"CREATE TRIGGER {table}_desk_version AFTER {' OR '.join(events)} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION note_desk_of_visit()"
        )
        bind.exec_driver_sql(
            f"CREATE CONSTRAINT TRIGGER {table}_versions_counted AFTER {' OR '.join(events)} "
            f"ON {table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_noted()"
        )


def downgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    for table, events in EVENTS.items():
        if is_sqlite:
            for event in events:
                bind.exec_driver_sql(f"DROP TRIGGER {table}_desk_version_{event.lower()}")
        else:
            bind.exec_driver_sql(f"DROP TRIGGER {table}_desk_version ON {table}")
            bind.exec_driver_sql(f"DROP TRIGGER {table}_versions_counted ON {table}")
    op.drop_table(TABLE)
    if not is_sqlite:
        bind.exec_driver_sql("DROP FUNCTION note_desk_of_visit()")
