"""What was given at a visit is found by an index; bookings have none that no statement uses

Revision ID: 0038
Revises: 0037
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0038", "0037"
branch_labels = depends_on = None


def upgrade() -> None:
    at_a_visit = sa.text("appointment_id IS NOT NULL")
    op.create_index(
        "ix_immunizations_appointment_id",
        "immunizations",
        ["appointment_id"],
        sqlite_where=at_a_visit,
        postgresql_where=at_a_visit,
    )
    op.drop_index("ix_bookings_made_by_id", "bookings")


def downgrade() -> None:
    op.create_index("ix_bookings_made_by_id", "bookings", ["made_by_id"])
    op.drop_index("ix_immunizations_appointment_id", "immunizations")
