"""Forms that were taken: of several clicks each gets the answer to the first.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0030", "0029"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "sent_forms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("messages", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sent_forms"),
        sa.UniqueConstraint("key_hash", name="uq_sent_forms_key_hash"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sent_forms_user_id_users"),
    )
    op.create_index("ix_sent_forms_user_id", "sent_forms", ["user_id"])
    op.create_index("ix_sent_forms_sent_at", "sent_forms", ["sent_at"])


def downgrade() -> None:
    op.drop_table("sent_forms")
