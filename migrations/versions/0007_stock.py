"""Vaccines on hand, and the doses promised to visits

The database counts `stock`: on_hand is what is left of the lots that are not recalled, promised
is how many promises live; its CHECK refuses one too many. A visit that is cancelled, missed or
done lets its promises go; one that moves to another centre takes them along, or is refused; what
was kept for a form goes with the form. So it is right whoever changes the visit.

A later migration that rebuilds `appointments` or `holds` on SQLite drops these triggers too.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0007", "0006"
branch_labels = depends_on = None

MOMENT = sa.DateTime(timezone=True)

# Which of the endings was set; the moment of it; its name.
ENDINGS = ("cancelled", "no_show", "done")
MOMENTS = ", ".join(f"{one}_at" for one in ENDINGS)
ENDED_NOW = (
    f"coalesce({', '.join(f'NEW.{one}_at' for one in ENDINGS)}) IS NOT NULL"
    f" AND coalesce({', '.join(f'OLD.{one}_at' for one in ENDINGS)}) IS NULL"
)
RELEASE = f"""
    UPDATE dose_promises SET
        released_at = coalesce({", ".join(f"NEW.{one}_at" for one in ENDINGS)}),
        why_released = CASE {" ".join(f"WHEN NEW.{one}_at IS NOT NULL THEN '{one}'" for one in ENDINGS)} END
    WHERE appointment_id = NEW.id AND released_at IS NULL;"""
MOVE = """
    UPDATE dose_promises SET centre_id = NEW.centre_id
    WHERE appointment_id = NEW.id AND released_at IS NULL;"""
END = """
    UPDATE dose_promises SET released_at = NEW.ended_at, why_released = 'ended'
    WHERE hold_id = NEW.id AND released_at IS NULL;"""

# SQLite counts afresh.
ROW = "INSERT INTO stock VALUES ({centre}, {vaccine}, 0, 0) ON CONFLICT DO NOTHING;"
ON_HAND = """
    UPDATE stock SET on_hand = (
        SELECT coalesce(sum(l.received - l.used - l.wasted), 0) FROM vaccine_lots l
        JOIN vaccine_products p ON p.id = l.product_id
        WHERE l.centre_id = {centre} AND p.vaccine = {vaccine} AND l.recalled_at IS NULL)
    WHERE centre_id = {centre} AND vaccine = {vaccine};"""
PROMISED = """
    UPDATE stock SET promised = (
        SELECT count(*) FROM dose_promises d
        WHERE d.centre_id = {centre} AND d.vaccine = {vaccine} AND d.released_at IS NULL)
    WHERE centre_id = {centre} AND vaccine = {vaccine};"""

STAYS = (
    ("vaccine_lots_stay", "vaccine_lots", "centre_id", "product_id"),
    ("vaccine_products_stay", "vaccine_products", "vaccine"),
    ("dose_promises_stay", "dose_promises", "vaccine", "child_id"),
)


def changed(columns: tuple[str, ...]) -> str:
    return " OR ".join(f"NEW.{one} <> OLD.{one}" for one in columns)


def count(counting: str, row: str, vaccine: str) -> str:
    return (ROW + counting).format(centre=f"{row}.centre_id", vaccine=vaccine)


def sqlite_statements() -> list[str]:
    statements = []
    for event, row in (("insert", "NEW"), ("update", "NEW"), ("delete", "OLD")):
        vaccine = f"(SELECT vaccine FROM vaccine_products WHERE id = {row}.product_id)"
        before = count(PROMISED, "OLD", "OLD.vaccine") if event == "update" else ""
        statements += [
            f"CREATE TRIGGER vaccine_lots_count_{event} AFTER {event} ON vaccine_lots "
            f"BEGIN {count(ON_HAND, row, vaccine)} END",
            f"CREATE TRIGGER dose_promises_count_{event} AFTER {event} ON dose_promises "
            f"BEGIN {before} {count(PROMISED, row, f'{row}.vaccine')} END",
        ]
    statements += [
        f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} WHEN {changed(columns)} "
        f"BEGIN SELECT RAISE(ABORT, '{name}'); END"
        for name, table, *columns in STAYS
    ]
    statements += [
        f"CREATE TRIGGER appointments_release AFTER UPDATE OF {MOMENTS} ON appointments "
        f"WHEN {ENDED_NOW} BEGIN {RELEASE} END",
        "CREATE TRIGGER appointments_take_promises AFTER UPDATE OF centre_id ON appointments "
        f"WHEN NEW.centre_id <> OLD.centre_id BEGIN {MOVE} END",
        "CREATE TRIGGER holds_release AFTER UPDATE OF ended_at ON holds "
        f"WHEN NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL BEGIN {END} END",
    ]
    return statements


def function(name: str, body: str, declare: str = "") -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {declare} "
        f"BEGIN {body} END $$"
    )


# The stock that these promises count in, in the order in which everybody locks it.
LOCK = """
    PERFORM 1 FROM stock s JOIN dose_promises d
        ON d.centre_id = s.centre_id AND d.vaccine = s.vaccine
    WHERE d.{owner} = OLD.id AND d.released_at IS NULL
    ORDER BY s.centre_id, s.vaccine FOR UPDATE OF s;"""

COUNT_LOTS = """
    IF TG_OP <> 'INSERT' THEN
        lot := OLD;
        IF OLD.recalled_at IS NULL THEN more := more - OLD.received + OLD.used + OLD.wasted; END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        lot := NEW;
        IF NEW.recalled_at IS NULL THEN more := more + NEW.received - NEW.used - NEW.wasted; END IF;
    END IF;
    IF more <> 0 THEN
        PERFORM count_stock(lot.centre_id,
            (SELECT vaccine FROM vaccine_products WHERE id = lot.product_id), more, 0);
    END IF;
    RETURN NULL;"""
COUNT_PROMISES = """
    IF TG_OP = 'UPDATE' AND NEW.centre_id = OLD.centre_id
        AND (NEW.released_at IS NULL) = (OLD.released_at IS NULL) THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' AND OLD.released_at IS NULL THEN
        PERFORM count_stock(OLD.centre_id, OLD.vaccine, 0, -1);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.released_at IS NULL THEN
        PERFORM count_stock(NEW.centre_id, NEW.vaccine, 0, 1);
    END IF;
    RETURN NULL;"""
FUNCTIONS = ("count_lots", "count_promises", "end_visit", "move_visit", "end_hold", "drop_hold")


def postgresql_statements() -> list[str]:
    statements = [
        # The row lock of the UPDATE makes concurrent takers wait for each other; each then adds to
        # what the other left, and the CHECK refuses the one too many.
        """
        CREATE FUNCTION count_stock(at_centre int, code varchar, doses int, promises int)
        RETURNS void LANGUAGE sql AS $$
            INSERT INTO stock VALUES (at_centre, code, 0, 0) ON CONFLICT DO NOTHING;
            UPDATE stock SET on_hand = on_hand + doses, promised = promised + promises
            WHERE centre_id = at_centre AND vaccine = code;
        $$""",
        function("count_lots", COUNT_LOTS, "DECLARE more int := 0; lot record;"),
        function("count_promises", COUNT_PROMISES),
        function("end_visit", LOCK.format(owner="appointment_id") + RELEASE + "RETURN NULL;"),
        function("move_visit", LOCK.format(owner="appointment_id") + MOVE + "RETURN NULL;"),
        function("end_hold", LOCK.format(owner="hold_id") + END + "RETURN NULL;"),
        function("drop_hold", LOCK.format(owner="hold_id") + "RETURN OLD;"),
        "CREATE TRIGGER vaccine_lots_count AFTER INSERT OR UPDATE OR DELETE ON vaccine_lots "
        "FOR EACH ROW EXECUTE FUNCTION count_lots()",
        "CREATE TRIGGER dose_promises_count AFTER INSERT OR UPDATE OR DELETE ON dose_promises "
        "FOR EACH ROW EXECUTE FUNCTION count_promises()",
        f"CREATE TRIGGER appointments_release AFTER UPDATE OF {MOMENTS} ON appointments "
        f"FOR EACH ROW WHEN ({ENDED_NOW}) EXECUTE FUNCTION end_visit()",
        "CREATE TRIGGER appointments_take_promises AFTER UPDATE OF centre_id ON appointments "
        "FOR EACH ROW WHEN (NEW.centre_id <> OLD.centre_id) EXECUTE FUNCTION move_visit()",
        "CREATE TRIGGER holds_release AFTER UPDATE OF ended_at ON holds FOR EACH ROW "
        "WHEN (NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL) EXECUTE FUNCTION end_hold()",
        "CREATE TRIGGER holds_drop_promises BEFORE DELETE ON holds "
        "FOR EACH ROW EXECUTE FUNCTION drop_hold()",
    ]
    for name, table, *columns in STAYS:
        refuse = f"RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation';"
        statements += [
            function(name, refuse),
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW "
            f"WHEN ({changed(columns)}) EXECUTE FUNCTION {name}()",
        ]
    return statements


def ref(table: str, name: str, to: str, *, nullable: bool = False, **kw: str) -> list[object]:
    return [
        sa.Column(name, sa.Integer(), nullable=nullable),
        sa.ForeignKeyConstraint([name], [f"{to}.id"], name=f"fk_{table}_{name}_{to}", **kw),
    ]


def check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def create_products_and_lots() -> None:
    op.create_table(
        "vaccine_products",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vaccine", sa.String(20), nullable=False),
        sa.Column("name_zh", sa.String(80), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("manufacturer", sa.String(80), nullable=False),
        sa.Column("free", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_vaccine_products"),
        sa.UniqueConstraint(
            "vaccine", "manufacturer", name="uq_vaccine_products_vaccine_manufacturer"
        ),
    )
    table = "vaccine_lots"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        *ref(table, "centre_id", "centres"),
        *ref(table, "product_id", "vaccine_products"),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        *(sa.Column(one, sa.Integer(), nullable=False) for one in ("received", "used", "wasted")),
        sa.Column("recalled_at", MOMENT),
        *ref(table, "recalled_by_id", "users", nullable=True),
        sa.Column("recall_reason", sa.String(120), nullable=False),
        check(table, "not_negative", "used >= 0 AND wasted >= 0"),
        check(table, "enough", "received >= used + wasted"),
        check(table, "recalled", "(recalled_at IS NULL) = (recalled_by_id IS NULL)"),
        sa.PrimaryKeyConstraint("id", name="pk_vaccine_lots"),
        sa.UniqueConstraint(
            "centre_id", "product_id", "number", name="uq_vaccine_lots_centre_id_product_id_number"
        ),
    )


def create_stock_and_promises() -> None:
    op.create_table(
        "stock",
        *ref("stock", "centre_id", "centres"),
        sa.Column("vaccine", sa.String(20), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("promised", sa.Integer(), nullable=False),
        check("stock", "promised", "promised BETWEEN 0 AND on_hand"),
        sa.PrimaryKeyConstraint("centre_id", "vaccine", name="pk_stock"),
    )
    table = "dose_promises"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        *ref(table, "appointment_id", "appointments", nullable=True),
        *ref(table, "hold_id", "holds", nullable=True, ondelete="CASCADE"),
        *ref(table, "child_id", "children"),
        *ref(table, "centre_id", "centres"),
        sa.Column("vaccine", sa.String(20), nullable=False),
        sa.Column("series", sa.String(20), nullable=False),
        sa.Column("dose_number", sa.Integer(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("released_at", MOMENT),
        sa.Column("why_released", sa.String(20)),
        check(table, "one_owner", "(appointment_id IS NULL) <> (hold_id IS NULL)"),
        check(table, "released", "(released_at IS NULL) = (why_released IS NULL)"),
        sa.PrimaryKeyConstraint("id", name="pk_dose_promises"),
    )
    op.create_index("ix_dose_promises_appointment_id", table, ["appointment_id"])
    op.create_index("ix_dose_promises_hold_id", table, ["hold_id"])
    live = sa.text("released_at IS NULL")
    where = {"sqlite_where": live, "postgresql_where": live}
    op.create_index("ix_dose_promises_live", table, ["centre_id", "vaccine"], **where)
    # One booked dose of a series at a time: the next one is counted from it.
    booked = sa.text("released_at IS NULL AND appointment_id IS NOT NULL")
    where = {"sqlite_where": booked, "postgresql_where": booked}
    op.create_index(
        "uq_dose_promises_booked", table, ["child_id", "series"], unique=True, **where
    )


def upgrade() -> None:
    create_products_and_lots()
    create_stock_and_promises()
    bind = op.get_bind()
    sqlite = bind.dialect.name == "sqlite"
    for statement in sqlite_statements() if sqlite else postgresql_statements():
        bind.exec_driver_sql(statement)


def downgrade() -> None:
    bind = op.get_bind()
    sqlite = bind.dialect.name == "sqlite"
    triggers = [("appointments_release", "appointments")]
    triggers += [("appointments_take_promises", "appointments"), ("holds_release", "holds")]
    triggers += [] if sqlite else [("holds_drop_promises", "holds")]
    for name, table in triggers:
        bind.exec_driver_sql(f"DROP TRIGGER {name}{'' if sqlite else f' ON {table}'}")
    for table in ("dose_promises", "stock", "vaccine_lots", "vaccine_products"):
        op.drop_table(table)
    if not sqlite:
        for name in (*FUNCTIONS, *(stay[0] for stay in STAYS)):
            bind.exec_driver_sql(f"DROP FUNCTION {name}()")
        bind.exec_driver_sql("DROP FUNCTION count_stock(int, varchar, int, int)")
