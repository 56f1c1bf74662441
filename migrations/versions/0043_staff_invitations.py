"""Links by which people come to work here

Revision ID: 0043
Revises: 0042
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0043", "0042"
branch_labels = depends_on = None

TABLE = "staff_invitations"
MOMENT = sa.DateTime(timezone=True)
CHECKS = {
    "role_of_staff": "role <> 'parent'",
    "centre_by_role": "(role = 'admin') = (centre_id IS NULL)",
    "profession_by_role": "profession IS NULL OR role = 'clinician'",
    "accepted": "(accepted_at IS NULL) = (accepted_by_id IS NULL)",
    "accepted_or_revoked": "accepted_at IS NULL OR revoked_at IS NULL",
}


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("contact", sa.String(120), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("centre_id", sa.Integer),
        sa.Column("profession", sa.String(20)),
        sa.Column("invited_by_id", sa.Integer),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("accepted_at", MOMENT),
        sa.Column("accepted_by_id", sa.Integer),
        sa.Column("revoked_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        sa.UniqueConstraint("token_hash", name=f"uq_{TABLE}_token_hash"),
        _ref("centre_id", "centres"),
        _ref("invited_by_id", "users"),
        _ref("accepted_by_id", "users"),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{TABLE}_{name}")) for name, rule in CHECKS.items()),
    )
    for column in ("centre_id", "contact"):
        op.create_index(f"ix_{TABLE}_{column}", TABLE, [column])


def _ref(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"fk_{TABLE}_{column}_{table}")


def downgrade() -> None:
    op.drop_table(TABLE)
