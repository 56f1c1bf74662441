"""When an appointment last changed, for the calendars that hold a copy of it

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0022", "0021"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("appointments", sa.Column("changed_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("appointments", "changed_at")
