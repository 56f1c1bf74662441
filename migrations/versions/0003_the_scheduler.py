"""The scheduler's rota, days, policies, waiting families, and hours that change

What a search reads (`slot_services`) now says itself whether a place is free, and from when:
the database keeps `free_from` and `closed` in step with the slot. A closed slot has no places.
An appointment whose hours were changed is no longer in the child's way.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"
branch_labels = depends_on = None

AGO, NEVER = "1970-01-01 00:00:00.000000", "9999-01-01 00:00:00.000000"
MOMENT = sa.DateTime(timezone=True)
CHILD = ("ex_appointments_child", "appointments", "child_id")
ENDED_BEFORE = ("cancelled_at", "no_show_at")
ENDED = (*ENDED_BEFORE, "displaced_at")
COUNT = """
    UPDATE slots SET
        taken = (SELECT count(*) FROM places WHERE slot_id = {slot}),
        online_taken = (SELECT count(*) FROM places WHERE slot_id = {slot} AND online),
        frees_at = (SELECT min(expires_at) FROM places WHERE slot_id = {slot})
    WHERE id = {slot};"""


def has_room(slot: str) -> str:
    """Whether that row of `slots` has a place online, by its counts alone."""
    return f"{slot}.taken < {slot}.capacity AND {slot}.online_taken < {slot}.online_capacity"


def free_from(slot: str) -> str:
    """From when a place of that row of `slots` is free online: the first moment with room for one.

    It can only be when a place expires, or when the desk lets its share go. Places are read only
    where some expire and there is no room before.
    """
    kept = f"""SELECT count(*) FROM places kept WHERE kept.slot_id = {slot}.id
        AND (kept.expires_at IS NULL OR kept.expires_at > moments.at)"""
    return f"""CASE
        WHEN {has_room(slot)} THEN {moment(AGO)}
        WHEN {slot}.frees_at IS NULL AND ({slot}.taken >= {slot}.capacity
            OR {slot}.desk_until IS NULL) THEN {moment(NEVER)}
        WHEN {slot}.frees_at IS NULL THEN {slot}.desk_until
        ELSE coalesce((
            SELECT min(moments.at) FROM (
                SELECT one.expires_at AS at FROM places one WHERE one.slot_id = {slot}.id
                UNION SELECT {slot}.desk_until) moments
            WHERE ({kept}) < {slot}.capacity AND ({kept} AND kept.online) < CASE
                WHEN {slot}.desk_until <= moments.at THEN {slot}.capacity
                ELSE {slot}.online_capacity END), {moment(NEVER)}) END"""


def moment(text: str) -> str:
    return f"'{text}'" if is_sqlite() else f"timestamptz '{text}+00'"


def is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def run(*statements: str) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def upgrade() -> None:
    _new_tables()
    _new_columns()
    _search_table()
    _places()
    _no_overlap(ENDED)
    _keep_search_in_step()


def _new_tables() -> None:
    fk = "fk_{}_{}_{}".format

    def ref(table: str, name: str, to: str, *, nullable: bool = False) -> list[object]:
        return [
            sa.Column(name, sa.Integer(), nullable=nullable),
            sa.ForeignKeyConstraint([name], [f"{to}.id"], name=fk(table, name, to)),
        ]

    def pk(table: str, *names: str) -> sa.PrimaryKeyConstraint:
        return sa.PrimaryKeyConstraint(*(names or ("id",)), name=f"pk_{table}")

    def check(condition: str, name: str) -> sa.CheckConstraint:
        return sa.CheckConstraint(condition, name=op.f(name))

    for table, whose in (("closures", "centre_id"), ("leaves", "practitioner_id")):
        reasons = (
            [
                *ref(table, "room_id", "rooms", nullable=True),
                sa.Column("reason_zh", sa.String(120), nullable=False),
                sa.Column("reason_en", sa.String(160), nullable=False),
            ]
            if table == "closures"
            else [
                *ref(table, "practitioner_id", "practitioners"),
                sa.Column("reason", sa.String(120), nullable=False),
            ]
        )
        op.create_table(
            table,
            sa.Column("id", sa.Integer(), nullable=False),
            *ref(table, "centre_id", "centres"),
            *reasons,
            sa.Column("starts_at", MOMENT, nullable=False),
            sa.Column("ends_at", MOMENT, nullable=False),
            sa.Column("made_at", MOMENT, nullable=False),
            *ref(table, "made_by_id", "users"),
            sa.Column("lifted_at", MOMENT),
            *ref(table, "lifted_by_id", "users", nullable=True),
            check("starts_at < ends_at", f"ck_{table}_starts_before_ends"),
            check("(lifted_at IS NULL) = (lifted_by_id IS NULL)", f"ck_{table}_lifted"),
            pk(table),
        )
        op.create_index(f"ix_{table}_{whose.removesuffix('_id')}", table, [whose, "starts_at"])
    op.create_table(
        "adjusted_days",
        *ref("adjusted_days", "centre_id", "centres"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("works_as", sa.Integer()),
        check("works_as BETWEEN 0 AND 6", "ck_adjusted_days_works_as"),
        pk("adjusted_days", "centre_id", "day"),
    )
    op.create_table(
        "policies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(30), nullable=False),
        *ref("policies", "service_id", "services", nullable=True),
        *ref("policies", "centre_id", "centres", nullable=True),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.UniqueConstraint("scope", name="uq_policies_scope"),
        pk("policies"),
    )
    op.create_table(
        "rota_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        *ref("rota_rules", "centre_id", "centres"),
        *ref("rota_rules", "practitioner_id", "practitioners"),
        *ref("rota_rules", "room_id", "rooms"),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("slot_minutes", sa.Integer(), nullable=False),
        sa.Column("stations", sa.JSON(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("online_percent", sa.Integer(), nullable=False),
        sa.Column("every_weeks", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("made_at", MOMENT, nullable=False),
        *ref("rota_rules", "made_by_id", "users"),
        check("opens < closes", "ck_rota_rules_opens_before_closes"),
        check("slot_minutes > 0", "ck_rota_rules_slot_minutes"),
        check("capacity >= 1", "ck_rota_rules_capacity"),
        check("online_percent BETWEEN 0 AND 100", "ck_rota_rules_online_percent"),
        check("every_weeks >= 1", "ck_rota_rules_every_weeks"),
        check("valid_until IS NULL OR valid_from <= valid_until", "ck_rota_rules_valid"),
        pk("rota_rules"),
    )
    op.create_index("ix_rota_rules_centre", "rota_rules", ["centre_id", "valid_from"])
    op.create_table(
        "rota_rule_services",
        *ref("rota_rule_services", "rota_rule_id", "rota_rules"),
        *ref("rota_rule_services", "service_id", "services"),
        pk("rota_rule_services", "rota_rule_id", "service_id"),
    )
    op.create_table(
        "waitlist_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        *ref("waitlist_entries", "user_id", "users"),
        *ref("waitlist_entries", "service_id", "services"),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("lapses", sa.Integer(), nullable=False),
        sa.Column("ended_at", MOMENT),
        *ref("waitlist_entries", "booking_id", "bookings", nullable=True),
        check("first_day <= last_day", "ck_waitlist_entries_first_before_last"),
        pk("waitlist_entries"),
    )
    op.create_index("ix_waitlist_entries_user_id", "waitlist_entries", ["user_id"])
    op.create_index(
        "ix_waitlist_entries_service", "waitlist_entries", ["service_id", "ended_at"]
    )
    for table, name, to in (
        ("waitlist_children", "child_id", "children"),
        ("waitlist_centres", "centre_id", "centres"),
    ):
        op.create_table(
            table,
            *ref(table, "entry_id", "waitlist_entries"),
            *ref(table, name, to),
            pk(table, "entry_id", name),
        )
        op.create_index(f"ix_{table}_{name}", table, [name])
    op.create_table(
        "pause_lifts",
        sa.Column("id", sa.Integer(), nullable=False),
        *ref("pause_lifts", "child_id", "children"),
        sa.Column("at", MOMENT, nullable=False),
        *ref("pause_lifts", "by_id", "users"),
        pk("pause_lifts"),
    )
    op.create_index("ix_pause_lifts_child_id", "pause_lifts", ["child_id"])


def _new_columns() -> None:
    """Without rebuilding: these tables are referred to from everywhere."""
    when = "DATETIME" if is_sqlite() else "TIMESTAMP WITH TIME ZONE"
    empty = "CONSTRAINT ck_slots_closed_is_empty CHECK (closed_at IS NULL OR taken = 0)"
    both = (
        "CONSTRAINT ck_appointments_displaced "
        "CHECK ((displaced_at IS NULL) = (displaced_by_id IS NULL))"
    )

    def ref(table: str, name: str, to: str) -> str:
        return f"{name} INTEGER CONSTRAINT fk_{table}_{name}_{to} REFERENCES {to} (id)"

    run(
        f"ALTER TABLE slots ADD COLUMN desk_until {when}",
        f"ALTER TABLE slots ADD COLUMN closed_at {when} {empty}",
        "ALTER TABLE slots ADD COLUMN closed_for VARCHAR(20)",
        f"ALTER TABLE appointments ADD COLUMN displaced_at {when}",
        "ALTER TABLE appointments ADD COLUMN "
        f"{ref('appointments', 'displaced_by_id', 'users')} {both}",
        f"ALTER TABLE clinic_sessions ADD COLUMN {ref('clinic_sessions', 'rota_rule_id', 'rota_rules')}",
        "ALTER TABLE clinic_sessions ADD COLUMN rota_day DATE",
        "CREATE UNIQUE INDEX uq_clinic_sessions_rota ON clinic_sessions (rota_rule_id, rota_day)",
        "ALTER TABLE holds ADD COLUMN purpose VARCHAR(20) DEFAULT 'form' NOT NULL",
        f"ALTER TABLE holds ADD COLUMN ended_at {when}",
        f"ALTER TABLE holds ADD COLUMN {ref('holds', 'lead_id', 'holds')}",
        f"ALTER TABLE holds ADD COLUMN {ref('holds', 'entry_id', 'waitlist_entries')}",
        *(
            f"CREATE INDEX ix_holds_{name} ON holds ({name})"
            for name in ("child_id", "lead_id", "entry_id", "moves_id")
        ),
        "CREATE UNIQUE INDEX uq_holds_live_offer ON holds (entry_id) "
        "WHERE lead_id IS NULL AND booking_id IS NULL AND ended_at IS NULL",
        # What was withdrawn was only taken out of the search until now.
        """
        UPDATE slots SET closed_for = 'hand', closed_at =
            (SELECT c.withdrawn_at FROM clinic_sessions c WHERE c.id = slots.clinic_session_id)
        WHERE EXISTS (SELECT 1 FROM clinic_sessions c
            WHERE c.id = slots.clinic_session_id AND c.withdrawn_at IS NOT NULL)""",
    )


def _search_table() -> None:
    """What a search reads, with everything that it needs in the order in which it reads it."""
    op.rename_table("slot_services", "old_slot_services")
    run("DROP INDEX ix_slot_services_slot_id")
    if not is_sqlite():  # names of constraints are one space per schema
        run("ALTER TABLE old_slot_services RENAME CONSTRAINT pk_slot_services TO pk_old")
    op.create_table(
        "slot_services",
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("clinic_session_id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("opens_at", MOMENT, nullable=False),
        sa.Column("free_from", MOMENT, nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("opens_by_hand", sa.Boolean(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [f"{one}_id"], [f"{one}s.id"], name=f"fk_slot_services_{one}_id_{one}s"
            )
            for one in ("service", "centre", "slot")
        ),
        sa.PrimaryKeyConstraint(
            "service_id", "centre_id", "starts_at", "slot_id", name="pk_slot_services"
        ),
        sqlite_with_rowid=False,
    )
    no = "0" if is_sqlite() else "false"
    run(
        f"""
        INSERT INTO slot_services
        SELECT o.service_id, o.centre_id, o.starts_at, o.slot_id, s.ends_at, s.clinic_session_id,
            s.practitioner_id, s.opens_at, {free_from("s")}, {no}, {no}
        FROM old_slot_services o JOIN slots s ON s.id = o.slot_id"""
    )
    op.drop_table("old_slot_services")
    op.create_index("ix_slot_services_slot_id", "slot_services", ["slot_id"])
    run("ALTER TABLE slots DROP COLUMN opens_at")
    if not is_sqlite():
        # An index that answers a search alone; on SQLite the table itself is one.
        run(
            """
            CREATE INDEX ix_slot_services_search ON slot_services
                (service_id, centre_id, starts_at)
                INCLUDE (slot_id, ends_at, clinic_session_id, practitioner_id, opens_at,
                         free_from, closed)"""
        )


def _places() -> None:
    """A place may rest: it is nobody's until it expires."""
    one, expires = (
        "appointment_id IS NULL OR hold_id IS NULL",
        "(appointment_id IS NULL) = (expires_at IS NOT NULL)",
    )
    if not is_sqlite():
        run(
            "ALTER TABLE places DROP CONSTRAINT ck_places_one_owner",
            "ALTER TABLE places DROP CONSTRAINT ck_places_holds_expire",
            f"ALTER TABLE places ADD CONSTRAINT ck_places_one_owner CHECK ({one})",
            f"ALTER TABLE places ADD CONSTRAINT ck_places_expires CHECK ({expires})",
        )
        return
    run(
        f"""
        CREATE TABLE new_places (
            id INTEGER NOT NULL,
            slot_id INTEGER NOT NULL,
            appointment_id INTEGER,
            hold_id INTEGER,
            online BOOLEAN NOT NULL,
            expires_at DATETIME,
            CONSTRAINT ck_places_one_owner CHECK ({one}),
            CONSTRAINT ck_places_expires CHECK ({expires}),
            CONSTRAINT pk_places PRIMARY KEY (id),
            CONSTRAINT uq_places_slot_id_appointment_id UNIQUE (slot_id, appointment_id),
            CONSTRAINT uq_places_slot_id_hold_id UNIQUE (slot_id, hold_id),
            CONSTRAINT fk_places_slot_id_slots FOREIGN KEY(slot_id) REFERENCES slots (id),
            CONSTRAINT fk_places_appointment_id_appointments
                FOREIGN KEY(appointment_id) REFERENCES appointments (id),
            CONSTRAINT fk_places_hold_id_holds FOREIGN KEY(hold_id) REFERENCES holds (id))""",
        "INSERT INTO new_places SELECT id, slot_id, appointment_id, hold_id, online, expires_at "
        "FROM places",
        "DROP TABLE places",
        "ALTER TABLE new_places RENAME TO places",
        "CREATE INDEX ix_places_appointment_id ON places (appointment_id)",
        "CREATE INDEX ix_places_hold_id ON places (hold_id)",
        *(
            f"CREATE TRIGGER places_{event} AFTER {event} ON places "
            f"BEGIN {COUNT.format(slot=row + '.slot_id')} END"
            for event, row in (("insert", "NEW"), ("delete", "OLD"), ("update", "NEW"))
        ),
        "CREATE TRIGGER places_stay BEFORE UPDATE OF slot_id, online ON places "
        "WHEN NEW.slot_id <> OLD.slot_id OR NEW.online <> OLD.online "
        "BEGIN SELECT RAISE(ABORT, 'places_stay'); END",
    )


def _no_overlap(ended: tuple[str, ...]) -> None:
    """No two live appointments of a child share a moment; what counts as live has changed."""
    name, table, whose = CHILD

    def live(prefix: str = "") -> str:
        return " AND ".join(f"{prefix}{column} IS NULL" for column in ended)

    if not is_sqlite():
        run(
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            f"ALTER TABLE {table} ADD CONSTRAINT {name} EXCLUDE USING gist "
            f"({whose} WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE ({live()})",
        )
        return
    for event in ("insert", "update"):
        run(
            f"DROP TRIGGER {name}_{event}",
            f"""
            CREATE TRIGGER {name}_{event} BEFORE {event} ON {table}
            WHEN {live("NEW.")} AND EXISTS (
                SELECT 1 FROM {table} other
                WHERE other.{whose} = NEW.{whose} AND {live("other.")}
                  AND other.starts_at < NEW.ends_at AND NEW.starts_at < other.ends_at
                  {"AND other.id <> NEW.id" if event == "update" else ""})
            BEGIN SELECT RAISE(ABORT, '{name}'); END""",
        )


def _keep_search_in_step() -> None:
    """Only when a slot fills up, frees or closes: a search's rows are not touched otherwise.

    A slot that had room and has room tells nothing. Any other is asked again after each change
    of its places, also when its counts stay as they were: a hold that becomes an appointment
    does not expire any more.
    """
    asks = f"""NOT ({has_room("OLD")} AND {has_room("NEW")})
        OR (NEW.closed_at IS NULL) <> (OLD.closed_at IS NULL)"""
    if is_sqlite():
        run(
            f"""
            CREATE TRIGGER slots_tell AFTER UPDATE ON slots WHEN {asks}
            BEGIN
                UPDATE slot_services
                SET free_from = {free_from("NEW")}, closed = NEW.closed_at IS NOT NULL
                WHERE slot_id = NEW.id;
            END"""
        )
        return
    run(
        f"""
        CREATE FUNCTION tell_search() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            known timestamptz := {free_from("NEW")};
        BEGIN
            UPDATE slot_services SET free_from = known, closed = NEW.closed_at IS NOT NULL
            WHERE slot_id = NEW.id
              AND (free_from <> known OR closed <> (NEW.closed_at IS NOT NULL));
            RETURN NULL;
        END $$""",
        f"""
        CREATE TRIGGER slots_tell AFTER UPDATE ON slots FOR EACH ROW
        WHEN ({asks}) EXECUTE FUNCTION tell_search()""",
    )


def downgrade() -> None:
    """Not offered: appointments that wait for a new time have no place in the tables of before."""
    raise NotImplementedError("restore a backup from before 0003 instead")
