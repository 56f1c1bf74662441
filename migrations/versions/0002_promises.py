"""The promises that no Python may break: places are counted, overlaps refused, trails kept

Places: rows of `places` are counted into `slots.taken` and `slots.online_taken`; the CHECKs of
0001 stop the count at the capacity and at the online share. `slots.frees_at` is the moment at
which the earliest hold in the slot expires.

Overlaps: no two live sessions of a practitioner or of a room, and no two live appointments of a
child, share a moment. PostgreSQL has EXCLUDE constraints for it, SQLite triggers that speak the
same names.

A later migration that rebuilds one of these tables on SQLite (batch mode) drops its triggers:
it must call `create_triggers` of this kind again. A test compares what is there after the last
migration with what this file promises.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision, down_revision = "0002", "0001"
branch_labels = depends_on = None

# What may not overlap: name, table, whose, and which rows count.
EXCLUSIONS = (
    ("ex_clinic_sessions_practitioner", "clinic_sessions", "practitioner_id", "withdrawn_at"),
    ("ex_clinic_sessions_room", "clinic_sessions", "room_id", "withdrawn_at"),
    ("ex_appointments_child", "appointments", "child_id", "cancelled_at no_show_at"),
)
APPEND_ONLY = ("audit_events", "consents")

COUNT = """
    UPDATE slots SET
        taken = (SELECT count(*) FROM places WHERE slot_id = {slot}),
        online_taken = (SELECT count(*) FROM places WHERE slot_id = {slot} AND online),
        frees_at = (SELECT min(expires_at) FROM places WHERE slot_id = {slot})
    WHERE id = {slot};"""


def live(columns: str, prefix: str = "") -> str:
    """The condition that a row counts: none of these moments is set."""
    return " AND ".join(f"{prefix}{column} IS NULL" for column in columns.split())


def sqlite_exclusion(name: str, table: str, whose: str, ended: str) -> list[str]:
    """Two triggers that refuse an overlap, on insert and on update."""
    return [
        f"""
        CREATE TRIGGER {name}_{event} BEFORE {event} ON {table}
        WHEN {live(ended, "NEW.")} AND EXISTS (
            SELECT 1 FROM {table} other
            WHERE other.{whose} = NEW.{whose} AND {live(ended, "other.")}
              AND other.starts_at < NEW.ends_at AND NEW.starts_at < other.ends_at
              {"AND other.id <> NEW.id" if event == "update" else ""})
        BEGIN SELECT RAISE(ABORT, '{name}'); END"""
        for event in ("insert", "update")
    ]


def sqlite_statements() -> list[str]:
    statements = [one for exclusion in EXCLUSIONS for one in sqlite_exclusion(*exclusion)]
    statements += [
        f"CREATE TRIGGER places_{event} AFTER {event} ON places "
        f"BEGIN {COUNT.format(slot=row + '.slot_id')} END"
        for event, row in (("insert", "NEW"), ("delete", "OLD"), ("update", "NEW"))
    ]
    statements.append(
        "CREATE TRIGGER places_stay BEFORE UPDATE OF slot_id, online ON places "
        "WHEN NEW.slot_id <> OLD.slot_id OR NEW.online <> OLD.online "
        "BEGIN SELECT RAISE(ABORT, 'places_stay'); END"
    )
    statements += [
        f"CREATE TRIGGER {table}_append_only_{event} BEFORE {event} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table}_append_only'); END"
        for table in APPEND_ONLY
        for event in ("update", "delete")
    ]
    return statements


def postgresql_statements() -> list[str]:
    statements = ["CREATE EXTENSION IF NOT EXISTS btree_gist"]
    statements += [
        f"ALTER TABLE {table} ADD CONSTRAINT {name} EXCLUDE USING gist "
        f"({whose} WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE ({live(ended)})"
        for name, table, whose, ended in EXCLUSIONS
    ]
    statements += [
        # The row lock of the first UPDATE makes concurrent takers wait for each other; each then
        # adds to what the other left, and the CHECK refuses the one too many.
        """
        CREATE FUNCTION count_places() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF NEW.slot_id <> OLD.slot_id OR NEW.online <> OLD.online THEN
                    RAISE EXCEPTION 'places_stay' USING ERRCODE = 'check_violation';
                END IF;
                PERFORM 1 FROM slots WHERE id = NEW.slot_id FOR UPDATE;
            ELSIF TG_OP = 'INSERT' THEN
                UPDATE slots SET taken = taken + 1, online_taken = online_taken + NEW.online::int,
                    frees_at = least(frees_at, NEW.expires_at) WHERE id = NEW.slot_id;
                RETURN NULL;
            ELSE
                UPDATE slots SET taken = taken - 1, online_taken = online_taken - OLD.online::int
                WHERE id = OLD.slot_id;
            END IF;
            IF OLD.expires_at IS NOT NULL THEN
                UPDATE slots SET frees_at =
                    (SELECT min(expires_at) FROM places WHERE slot_id = OLD.slot_id)
                WHERE id = OLD.slot_id;
            END IF;
            RETURN NULL;
        END $$""",
        "CREATE TRIGGER places_count AFTER INSERT OR UPDATE OR DELETE ON places "
        "FOR EACH ROW EXECUTE FUNCTION count_places()",
        """
        CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION USING ERRCODE = 'check_violation',
                MESSAGE = TG_TABLE_NAME || '_append_only';
        END $$""",
    ]
    statements += [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION append_only()"
        for table in APPEND_ONLY
    ]
    return statements


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in sqlite_statements() if sqlite else postgresql_statements():
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        found = bind.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all()
        for (name,) in found:
            bind.exec_driver_sql(f"DROP TRIGGER {name}")
        return
    for table in APPEND_ONLY:
        bind.exec_driver_sql(f"DROP TRIGGER {table}_append_only ON {table}")
    bind.exec_driver_sql("DROP TRIGGER places_count ON places")
    bind.exec_driver_sql("DROP FUNCTION count_places()")
    bind.exec_driver_sql("DROP FUNCTION append_only()")
    for name, table, *_ in EXCLUSIONS:
        bind.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
