"""A proof of a phone is good once

`spent_at` of a code says when somebody signed in or up by it. Codes of before are spent.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0021", "0020"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("sign_in_codes", sa.Column("spent_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE sign_in_codes SET spent_at = used_at")


def downgrade() -> None:
    with op.batch_alter_table("sign_in_codes") as batch:
        batch.drop_column("spent_at")
