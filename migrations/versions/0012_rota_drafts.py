"""Drafts of the rota, and their publications

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0012", "0011"
branch_labels = depends_on = None

MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("publication_id IS NULL")


def _to(name, table, target, *, nullable=False):
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{name}_{target}"))
    return sa.Column(name, sa.Integer(), key, nullable=nullable)


def _check(table, name, rule):
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _publications():
    name = "rota_publications"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        _to("centre_id", name, "centres"),
        sa.Column("published_at", MOMENT, nullable=False),
        _to("published_by_id", name, "users"),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.Column("lost", sa.JSON(), nullable=False),
        sa.Column("undone_at", MOMENT),
        _to("undone_by_id", name, "users", nullable=True),
        _check(name, "undone", "(undone_at IS NULL) = (undone_by_id IS NULL)"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index("ix_rota_publications_centre", name, ["centre_id", "id"])


def _drafts():
    name = "rota_drafts"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        _to("centre_id", name, "centres"),
        sa.Column("kind", sa.String(20), nullable=False),
        _to("rule_id", name, "rota_rules", nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        _to("practitioner_id", name, "practitioners", nullable=True),
        _to("room_id", name, "rooms", nullable=True),
        sa.Column("service_ids", sa.JSON(), nullable=False),
        sa.Column("template", sa.JSON(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        _to("made_by_id", name, "users"),
        _to("publication_id", name, "rota_publications", nullable=True),
        _to("made_rule_id", name, "rota_rules", nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("stayed", sa.JSON(), nullable=False),
        _check(name, "of_a_rule", "(kind = 'add') = (rule_id IS NULL)"),
        _check(name, "with_a_template", "(kind = 'end') = (practitioner_id IS NULL)"),
        _check(name, "somewhere", "(practitioner_id IS NULL) = (room_id IS NULL)"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index("ix_rota_drafts_centre", name, ["centre_id", "publication_id"])
    where = {"sqlite_where": OPEN, "postgresql_where": OPEN}
    op.create_index("uq_rota_drafts_open", name, ["rule_id"], unique=True, **where)


def upgrade():
    _publications()
    _drafts()


def downgrade():
    op.drop_table("rota_drafts")
    op.drop_table("rota_publications")
