"""Browsers that a user has signed in with, second factors, and when a sign-in was last proved

Wrong codes are counted for the browser and address from which they come, no more for the code that
was sent. Nobody is told of the browser of their first sign-in after this: none is known yet.

Revision ID: 0048
Revises: 0047
"""

import sqlalchemy as sa
from alembic import op

from clinic import promises

revision, down_revision = "0048", "0047"
branch_labels = depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _make_tables()
    op.add_column("sign_ins", sa.Column("proved_at", MOMENT))
    op.execute("UPDATE sign_ins SET proved_at = created_at")
    with promises.batch("sign_ins") as batch:
        batch.alter_column("proved_at", nullable=False)
        batch.add_column(
            sa.Column("has_second", sa.Boolean, nullable=False, server_default=sa.false())
        )
        for name in ("browser_id", "new_browser_id"):
            batch.add_column(sa.Column(name, sa.Integer))
            batch.create_foreign_key(
                op.f(f"fk_sign_ins_{name}_known_browsers"),
                "known_browsers",
                [name],
                ["id"],
                ondelete="SET NULL",
            )
            batch.create_index(f"ix_sign_ins_{name}", [name])
    with promises.batch("sign_ins") as batch:
        batch.alter_column("has_second", server_default=None)
    with promises.batch("sign_in_codes") as batch:
        batch.drop_column("tries")


def downgrade() -> None:
    op.add_column(
        "sign_in_codes", sa.Column("tries", sa.Integer, nullable=False, server_default="0")
    )
    with promises.batch("sign_in_codes") as batch:
        batch.alter_column("tries", server_default=None)
    with promises.batch("sign_ins") as batch:
        for name in ("browser_id", "new_browser_id"):
            batch.drop_index(f"ix_sign_ins_{name}")
            batch.drop_constraint(op.f(f"fk_sign_ins_{name}_known_browsers"))
            batch.drop_column(name)
        batch.drop_column("has_second")
        batch.drop_column("proved_at")
    for table in ("recovery_codes", "second_factors", "known_browsers"):
        op.drop_table(table)


def _make_tables() -> None:
    op.create_table(
        "known_browsers",
        *_head("known_browsers"),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("browser", sa.String(60), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT),
        sa.UniqueConstraint("user_id", "key_hash", name="uq_known_browsers_user_id_key_hash"),
    )
    op.create_table(
        "second_factors",
        *_head("second_factors"),
        sa.Column("secret", sa.String(400)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("last_step", sa.Integer, nullable=False),
        sa.UniqueConstraint("user_id", name="uq_second_factors_user_id"),
    )
    op.create_table(
        "recovery_codes",
        *_head("recovery_codes"),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.UniqueConstraint("code_hash", name="uq_recovery_codes_code_hash"),
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"])


def _head(table: str) -> tuple[sa.Column | sa.Constraint, ...]:
    """The columns and constraints with which all three begin."""
    return (
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{table}_user_id_users"),
    )
