"""Requests for leave

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0010", "0009"
branch_labels = depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _to(name, table, target, *, nullable=False):
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{name}_{target}"))
    return sa.Column(name, sa.Integer(), key, nullable=nullable)


def upgrade():
    name = "leave_requests"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        _to("centre_id", name, "centres"),
        _to("practitioner_id", name, "practitioners"),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("reason", sa.String(120), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        _to("asked_by_id", name, "users"),
        sa.Column("decided_at", MOMENT),
        _to("decided_by_id", name, "users", nullable=True),
        sa.Column("granted", sa.Boolean()),
        sa.CheckConstraint(
            "starts_at < ends_at", name=op.f("ck_leave_requests_starts_before_ends")
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by_id IS NULL)",
            name=op.f("ck_leave_requests_decided"),
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (granted IS NULL)", name=op.f("ck_leave_requests_granted")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave_requests")),
    )
    op.create_index("ix_leave_requests_practitioner", name, ["practitioner_id", "starts_at"])
    op.create_index("ix_leave_requests_centre", name, ["centre_id", "starts_at"])


def downgrade():
    op.drop_table("leave_requests")
