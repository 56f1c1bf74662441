"""What the worker remembers, so that it works on what changed

`rota_horizons`: how far the rota of each centre is open, and by which rules. `centre_looks` and
`day_looks`: which versions of a centre's days were looked through for who waits.
`waitlist_entries.look_at`: from when on the worker looks for an entry.

Revision ID: 0037
Revises: 0036
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0037", "0036"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "rota_horizons",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("rota", sa.String(64)),
        sa.Column("until", sa.Date()),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centres.id"], name="fk_rota_horizons_centre_id_centres"
        ),
        sa.PrimaryKeyConstraint("centre_id", name="pk_rota_horizons"),
    )
    op.create_table(
        "centre_looks",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True)),
        sa.Column("shared", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centres.id"], name="fk_centre_looks_centre_id_centres"
        ),
        sa.PrimaryKeyConstraint("centre_id", name="pk_centre_looks"),
    )
    op.create_table(
        "day_looks",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centres.id"], name="fk_day_looks_centre_id_centres"
        ),
        sa.PrimaryKeyConstraint("centre_id", "day", name="pk_day_looks"),
    )
    # All who wait are looked for at once.
    op.add_column(
        "waitlist_entries",
        sa.Column(
            "look_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default="1970-01-01 00:00:00",
        ),
    )
    waits = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_waitlist_entries_looks",
        "waitlist_entries",
        ["look_at", "created_at", "id"],
        sqlite_where=waits,
        postgresql_where=waits,
    )


def downgrade() -> None:
    op.drop_index("ix_waitlist_entries_looks", "waitlist_entries")
    op.drop_column("waitlist_entries", "look_at")
    for table in ("day_looks", "centre_looks", "rota_horizons"):
        op.drop_table(table)
