"""Indexes of holds without the many that have nothing there; promises of doses by child, and those lost

Most holds follow no other, wait for nothing and move nothing: an index on such a column names only
those that do, and nobody looks for all the others by it. The promises of a child are looked at again
when its record changes, and those that a centre lost when it gets new doses.

Revision ID: 0024
Revises: 0023
"""

from alembic import op

revision, down_revision = "0024", "0023"
branch_labels = depends_on = None

OF_HOLDS = ("lead_id", "entry_id", "moves_id")
LOST = "why_released IN ('recalled', 'wasted')"


def upgrade() -> None:
    for name in OF_HOLDS:
        op.execute(f"DROP INDEX ix_holds_{name}")
        op.execute(f"CREATE INDEX ix_holds_{name} ON holds ({name}) WHERE {name} IS NOT NULL")
    op.execute("CREATE INDEX ix_dose_promises_child_id ON dose_promises (child_id)")
    op.execute(
        f"CREATE INDEX ix_dose_promises_lost ON dose_promises (centre_id, vaccine) WHERE {LOST}"
    )


def downgrade() -> None:
    for name in ("lost", "child_id"):
        op.execute(f"DROP INDEX ix_dose_promises_{name}")
    for name in OF_HOLDS:
        op.execute(f"DROP INDEX ix_holds_{name}")
        op.execute(f"CREATE INDEX ix_holds_{name} ON holds ({name})")
