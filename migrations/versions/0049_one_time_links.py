"""Links that are shown once and work once; what an invitation of staff is for, wholly

An invitation may give several roles of a centre, and says which clinician of the rota it is for. The
way down forgets the further roles.

Revision ID: 0049
Revises: 0048
"""

import sqlalchemy as sa
from alembic import op

from clinic import promises

revision, down_revision = "0049", "0048"
branch_labels = depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLE = "one_time_links"
INVITED = "staff_invitations"


def upgrade() -> None:
    with promises.batch(INVITED) as batch:
        batch.add_column(sa.Column("also", sa.JSON, nullable=False, server_default="[]"))
        batch.add_column(sa.Column("practitioner_id", sa.Integer))
        batch.create_foreign_key(
            op.f(f"fk_{INVITED}_practitioner_id_practitioners"),
            "practitioners",
            ["practitioner_id"],
            ["id"],
        )
        batch.create_check_constraint(
            op.f(f"ck_{INVITED}_practitioner_by_role"),
            "practitioner_id IS NULL OR role = 'clinician'",
        )
    with promises.batch(INVITED) as batch:
        batch.alter_column("also", server_default=None)
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("made_by_id", sa.Integer, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("secret_hash", name=op.f(f"uq_{TABLE}_secret_hash")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{TABLE}_user_id_users")),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["users.id"], name=op.f(f"fk_{TABLE}_made_by_id_users")
        ),
        sa.CheckConstraint(
            "used_at IS NULL OR revoked_at IS NULL", name=op.f(f"ck_{TABLE}_used_or_revoked")
        ),
    )
    for column in ("user_id", "expires_at"):
        op.create_index(op.f(f"ix_{TABLE}_{column}"), TABLE, [column])


def downgrade() -> None:
    op.drop_table(TABLE)
    with promises.batch(INVITED) as batch:
        batch.drop_constraint(op.f(f"ck_{INVITED}_practitioner_by_role"))
        batch.drop_constraint(
            op.f(f"fk_{INVITED}_practitioner_id_practitioners"), type_="foreignkey"
        )
        batch.drop_column("practitioner_id")
        batch.drop_column("also")
