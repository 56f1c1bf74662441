"""Versions are counted on in a restored database, and stock only where its count changes

On PostgreSQL a new row of `versions` has a transaction's id for its part: after dump and restore ids
come again, and one was refused. On SQLite the stock was counted anew when a form's dose became its
appointment's.

Revision ID: 0042
Revises: 0041
"""

from alembic import op

from clinic import promises

revision, down_revision = "0042", "0041"
branch_labels = depends_on = None


def upgrade() -> None:
    promises.install(op.get_bind(), "functions", "reservations", at=revision)


def downgrade() -> None:
    promises.install(op.get_bind(), "functions", "reservations", at=down_revision)
