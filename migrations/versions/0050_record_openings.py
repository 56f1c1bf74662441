"""A closed record is opened for a reason, and that is kept

Revision ID: 0050
Revises: 0049
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0050", "0049"
branch_labels = depends_on = None

TABLE = "record_openings"
OF = {"user_id": "users", "child_id": "children", "centre_id": "centres"}


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in OF),
        sa.Column("why", sa.String(20), nullable=False),
        sa.Column("text", sa.String(300), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=f"fk_{TABLE}_{name}_{table}")
            for name, table in OF.items()
        ),
    )
    for columns in (["user_id", "child_id"], ["centre_id", "opened_at"], ["child_id"]):
        op.create_index(f"ix_{TABLE}_{'_'.join(columns)}", TABLE, columns)


def downgrade() -> None:
    op.drop_table(TABLE)
