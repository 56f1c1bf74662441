"""What a family wrote for a time that had gone meanwhile is kept with the next one.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("holds", sa.Column("reason", sa.String(300), server_default="", nullable=False))


def downgrade():
    op.drop_column("holds", "reason")
