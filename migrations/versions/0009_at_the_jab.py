"""Before, at and after a vaccination: answers, informed consents, given doses, observation, reactions

Answers and informed consents are append-only, as `consents` are (migration 0002).

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0009", "0008"
branch_labels = depends_on = None

MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = ("vaccination_screenings", "informed_consents")
TABLES = (*APPEND_ONLY, "given_doses", "vaccination_observations", "adverse_events", "import_drafts")


def key(table: str) -> list[object]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    ]


def ref(table: str, name: str, to: str, *, nullable: bool = False) -> list[object]:
    return [
        sa.Column(name, sa.Integer(), nullable=nullable),
        sa.ForeignKeyConstraint([name], [f"{to}.id"], name=f"fk_{table}_{name}_{to}"),
    ]


def pair(table: str, name: str) -> list[object]:
    """A moment and who, both or neither."""
    rule = f"({name}_at IS NULL) = ({name}_by_id IS NULL)"
    return [
        sa.Column(f"{name}_at", MOMENT),
        *ref(table, f"{name}_by_id", "users", nullable=True),
        sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")),
    ]


def text(name: str, length: int) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=False)


def upgrade() -> None:
    table = "vaccination_screenings"
    op.create_table(
        table,
        *key(table),
        *ref(table, "appointment_id", "appointments"),
        *ref(table, "child_id", "children"),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("outcomes", sa.JSON(), nullable=False),
        text("verdict", 20),
        text("rules_version", 20),
        text("language", 2),
        sa.Column("at", MOMENT, nullable=False),
        *ref(table, "by_id", "users"),
    )
    op.create_index("ix_vaccination_screenings_visit", table, ["appointment_id", "id"])
    table = "informed_consents"
    op.create_table(
        table,
        *key(table),
        *ref(table, "appointment_id", "appointments"),
        *ref(table, "child_id", "children"),
        text("vaccine", 20),
        sa.Column("dose_number", sa.Integer(), nullable=False),
        text("text_version", 20),
        text("language", 2),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *ref(table, "by_id", "users"),
    )
    op.create_index("ix_informed_consents_visit", table, ["appointment_id", "vaccine", "id"])
    table = "given_doses"
    op.create_table(
        table,
        *key(table),
        *ref(table, "immunization_id", "immunizations"),
        *ref(table, "lot_id", "vaccine_lots"),
        sa.Column("checks", sa.JSON(), nullable=False),
        text("reason", 300),
        sa.UniqueConstraint("immunization_id", name="uq_given_doses_immunization_id"),
    )
    op.create_index("ix_given_doses_lot_id", table, ["lot_id"])
    observations_and_reactions()
    watch()


def observations_and_reactions() -> None:
    table = "vaccination_observations"
    op.create_table(
        table,
        *key(table),
        *ref(table, "appointment_id", "appointments"),
        *ref(table, "centre_id", "centres"),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        *pair(table, "left"),
        text("early_reason", 300),
        sa.UniqueConstraint("appointment_id", name=f"uq_{table}_appointment_id"),
        sa.CheckConstraint("started_at < ends_at", name=op.f(f"ck_{table}_ends_after_start")),
        sa.CheckConstraint(
            "left_at IS NULL OR left_at >= ends_at OR early_reason <> ''",
            name=op.f(f"ck_{table}_early"),
        ),
    )
    op.create_index("ix_vaccination_observations_centre", table, ["centre_id", "left_at"])
    table = "adverse_events"
    op.create_table(
        table,
        *key(table),
        *ref(table, "appointment_id", "appointments"),
        *ref(table, "child_id", "children"),
        *ref(table, "centre_id", "centres"),
        text("symptom", 300),
        sa.Column("onset_at", MOMENT, nullable=False),
        text("treatment", 500),
        text("outcome", 300),
        sa.Column("opened_at", MOMENT, nullable=False),
        *ref(table, "opened_by_id", "users"),
        *pair(table, "closed"),
        sa.CheckConstraint(
            "closed_at IS NULL OR outcome <> ''", name=op.f(f"ck_{table}_outcome")
        ),
    )
    op.create_index("ix_adverse_events_appointment_id", table, ["appointment_id"])
    table = "import_drafts"
    op.create_table(
        table,
        *key(table),
        *ref(table, "by_id", "users"),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    op.create_index("ix_import_drafts_by_id", table, ["by_id"])


def watch() -> None:
    """The database refuses to change what is append-only; the function is of migration 0002."""
    bind = op.get_bind()
    for table in APPEND_ONLY:
        if bind.dialect.name == "sqlite":
            for event in ("update", "delete"):
                bind.exec_driver_sql(
                    f"CREATE TRIGGER {table}_append_only_{event} BEFORE {event} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table}_append_only'); END"
                )
        else:
            bind.exec_driver_sql(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION append_only()"
            )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
