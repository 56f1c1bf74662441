"""A request for leave may be withdrawn by the clinician who asked

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0033", "0032"
branch_labels = depends_on = None

TABLE = "leave_requests"


def upgrade() -> None:
    moment = "TIMESTAMP WITH TIME ZONE" if op.get_bind().dialect.name == "postgresql" else "DATETIME"
    op.execute(
        sa.text(
            f"ALTER TABLE {TABLE} ADD COLUMN withdrawn_at {moment} CONSTRAINT "
            f"ck_{TABLE}_withdrawn CHECK (withdrawn_at IS NULL OR decided_at IS NULL)"
        )
    )


def downgrade() -> None:
    """Requests that were withdrawn go: before, there was nothing but a manager's answer."""
    op.execute(sa.text(f"DELETE FROM {TABLE} WHERE withdrawn_at IS NOT NULL"))
    op.execute(sa.text(f"ALTER TABLE {TABLE} DROP COLUMN withdrawn_at"))
