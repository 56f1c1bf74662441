"""A database says itself that it is the demo's

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0025", "0024"
branch_labels = depends_on = None


def upgrade():
    op.create_table(
        "site_marks",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_site_marks")),
    )
    # The city that was loaded before there were marks.
    op.execute(
        "INSERT INTO site_marks (name, made_at) SELECT 'demo', min(created_at) FROM users"
        " WHERE email LIKE '%@demo.example' HAVING count(*) > 0"
    )


def downgrade():
    op.drop_table("site_marks")
