"""What a member of the staff was, from when to when; a clinician's fields and languages

A role that ends leaves `memberships` and is kept in `former_memberships`; those that stand say since
when, and who gave them. The way down forgets what was.

Revision ID: 0046
Revises: 0045
"""

import sqlalchemy as sa
from alembic import op

from clinic import promises

revision, down_revision = "0046", "0045"
branch_labels = depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with promises.batch("memberships") as batch:
        batch.add_column(sa.Column("since", MOMENT))
        batch.add_column(sa.Column("given_by_id", sa.Integer))
        batch.create_foreign_key(
            op.f("fk_memberships_given_by_id_users"), "users", ["given_by_id"], ["id"]
        )
    with promises.batch("practitioners") as batch:
        batch.add_column(sa.Column("fields_zh", sa.String(120), nullable=False, server_default=""))
        batch.add_column(sa.Column("fields_en", sa.String(160), nullable=False, server_default=""))
        batch.add_column(sa.Column("languages", sa.JSON, nullable=False, server_default="[]"))
    with promises.batch("practitioners") as batch:
        for name in ("fields_zh", "fields_en", "languages"):
            batch.alter_column(name, server_default=None)
    table = "former_memberships"
    op.create_table(
        table,
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("profession", sa.String(20)),
        sa.Column("centre_id", sa.Integer),
        sa.Column("since", MOMENT),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("given_by_id", sa.Integer),
        sa.Column("ended_by_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}_{other}"))
            for name, other in (
                ("user_id", "users"),
                ("centre_id", "centres"),
                ("given_by_id", "users"),
                ("ended_by_id", "users"),
            )
        ),
        sa.CheckConstraint("since <= until", name=op.f(f"ck_{table}_since_before_until")),
    )
    op.create_index(f"ix_{table}_user_id", table, ["user_id"])
    op.create_index(f"ix_{table}_centre", table, ["centre_id", "until"])


def downgrade() -> None:
    op.drop_table("former_memberships")
    with promises.batch("practitioners") as batch:
        for name in ("fields_zh", "fields_en", "languages"):
            batch.drop_column(name)
    with promises.batch("memberships") as batch:
        batch.drop_constraint(op.f("fk_memberships_given_by_id_users"), type_="foreignkey")
        batch.drop_column("given_by_id")
        batch.drop_column("since")
