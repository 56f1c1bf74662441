"""A slot has a row for each reason that shuts it

Instead of one word in `slots.closed_for`. The database keeps `slots.closed_at` in step. The way
down keeps one of the reasons: what was done by hand, to the rule or to the day before a closure.

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

from clinic import promises

revision, down_revision = "0034", "0033"
branch_labels = depends_on = None

SOURCES = {"closure_id": "closures", "leave_id": "leaves", "publication_id": "rota_publications"}

# What shut a slot: what was over it and not lifted before the slot was over; or what it said.
CARRY_OVER = [
    """
    INSERT INTO slot_closings (slot_id, reason, closure_id, made_at)
    SELECT slots.id, 'closure', closures.id, slots.closed_at
    FROM slots
    JOIN clinic_sessions ON clinic_sessions.id = slots.clinic_session_id
    JOIN closures ON closures.centre_id = slots.centre_id
        AND (closures.room_id IS NULL OR closures.room_id = clinic_sessions.room_id)
        AND closures.starts_at < slots.ends_at AND closures.ends_at > slots.starts_at
    WHERE slots.closed_at IS NOT NULL AND closures.made_at < slots.ends_at
        AND (closures.lifted_at IS NULL OR closures.lifted_at >= slots.ends_at)""",
    """
    INSERT INTO slot_closings (slot_id, reason, leave_id, made_at)
    SELECT slots.id, 'leave', leaves.id, slots.closed_at
    FROM slots
    JOIN leaves ON leaves.practitioner_id = slots.practitioner_id
        AND leaves.starts_at < slots.ends_at AND leaves.ends_at > slots.starts_at
    WHERE slots.closed_at IS NOT NULL AND leaves.made_at < slots.ends_at
        AND (leaves.lifted_at IS NULL OR leaves.lifted_at >= slots.ends_at)""",
    """
    INSERT INTO slot_closings (slot_id, reason, publication_id, made_at)
    SELECT slots.id, slots.closed_for, (
            SELECT min(rota_drafts.publication_id) FROM rota_drafts
            WHERE slots.closed_for = 'rule' AND rota_drafts.rule_id = clinic_sessions.rota_rule_id
                AND rota_drafts.first_day <= clinic_sessions.rota_day
        ), slots.closed_at
    FROM slots JOIN clinic_sessions ON clinic_sessions.id = slots.clinic_session_id
    WHERE slots.closed_at IS NOT NULL AND slots.closed_for IN ('hand', 'rule', 'day')""",
    """
    INSERT INTO slot_closings (slot_id, reason, made_at)
    SELECT slots.id, 'busy', slots.closed_at FROM slots
    WHERE slots.closed_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM slot_closings WHERE slot_closings.slot_id = slots.id)""",
]
ONE_REASON = """
    UPDATE slots SET closed_for = (
        SELECT CASE reason WHEN 'busy' THEN 'closure' ELSE reason END
        FROM slot_closings WHERE slot_closings.slot_id = slots.id
        ORDER BY reason IN ('closure', 'leave'), reason LIMIT 1
    )
    WHERE closed_at IS NOT NULL"""


def upgrade() -> None:
    op.create_table(
        "slot_closings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in SOURCES),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_slot_closings"),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name="fk_slot_closings_slot_id_slots"),
        *(
            sa.ForeignKeyConstraint(
                [name], [f"{table}.id"], name=f"fk_slot_closings_{name}_{table}"
            )
            for name, table in SOURCES.items()
        ),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_slot_closings_{name}"))
            for name, condition in (
                ("closure", "(reason = 'closure') = (closure_id IS NOT NULL)"),
                ("leave", "(reason = 'leave') = (leave_id IS NOT NULL)"),
                ("publication", "publication_id IS NULL OR reason = 'rule'"),
            )
        ),
    )
    source = sa.text("coalesce(closure_id, leave_id, publication_id, 0)")
    op.create_index(
        "uq_slot_closings_reason", "slot_closings", ["slot_id", "reason", source], unique=True
    )
    for name in SOURCES:
        has = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            f"ix_slot_closings_{name}",
            "slot_closings",
            [name],
            sqlite_where=has,
            postgresql_where=has,
        )
    bind = op.get_bind()
    for statement in [*CARRY_OVER, "ALTER TABLE slots DROP COLUMN closed_for"]:
        bind.exec_driver_sql(statement)
    promises.install(bind, "functions", "slot_closings", at=revision)


def downgrade() -> None:
    bind = op.get_bind()
    bind.exec_driver_sql("ALTER TABLE slots ADD COLUMN closed_for VARCHAR(20)")
    bind.exec_driver_sql(ONE_REASON)
    promises.drop(bind, "slot_closings")
    op.drop_table("slot_closings")
