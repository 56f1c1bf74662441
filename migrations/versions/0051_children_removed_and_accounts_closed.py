"""Children are removed and accounts closed at their family's wish

Append-only answers and corrections may go with a removed child. The way down refuses a database
with closed accounts, which have neither phone nor e-mail.

Revision ID: 0051
Revises: 0050
"""

import sqlalchemy as sa
from alembic import op

from clinic import promises

revision, down_revision = "0051", "0050"
branch_labels = depends_on = None

APPEND_ONLY = ("questionnaire_responses", "immunization_corrections")
HAS_CONTACT = "phone IS NOT NULL OR email IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "child_removals",
        sa.Column("child_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
    )
    with promises.batch("users") as batch:
        batch.add_column(sa.Column("closed_at", sa.DateTime(timezone=True)))
        batch.drop_constraint(op.f("ck_users_phone_or_email"))
        batch.create_check_constraint(
            op.f("ck_users_phone_or_email"), f"{HAS_CONTACT} OR closed_at IS NOT NULL"
        )
    promises.install(op.get_bind(), *APPEND_ONLY, at=revision)


def downgrade() -> None:
    bind = op.get_bind()
    if bind.scalar(sa.text("SELECT count(*) FROM users WHERE closed_at IS NOT NULL")):
        raise RuntimeError("Accounts are closed, which revision 0050 does not know. Restore a backup.")
    promises.install(bind, *APPEND_ONLY, at=down_revision)
    with promises.batch("users") as batch:
        batch.drop_constraint(op.f("ck_users_phone_or_email"))
        batch.create_check_constraint(op.f("ck_users_phone_or_email"), HAS_CONTACT)
        batch.drop_column("closed_at")
    op.drop_table("child_removals")
