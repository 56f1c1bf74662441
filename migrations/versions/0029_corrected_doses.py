"""What the record of a dose said before it was corrected; append-only, as `consents` are

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0029", "0028"
branch_labels = depends_on = None

TABLE = "immunization_corrections"


def _to(name: str, target: str) -> sa.Column[int]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{TABLE}_{name}_{target}"))
    return sa.Column(name, sa.Integer(), key, nullable=False)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        _to("immunization_id", "immunizations"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("was", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _to("by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.CheckConstraint("reason <> ''", name=op.f(f"ck_{TABLE}_reason")),
    )
    op.create_index(f"uq_{TABLE}_number", TABLE, ["immunization_id", "number"], unique=True)
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        for event in ("update", "delete"):
            bind.exec_driver_sql(
                f"CREATE TRIGGER {TABLE}_append_only_{event} BEFORE {event} ON {TABLE} "
                f"BEGIN SELECT RAISE(ABORT, '{TABLE}_append_only'); END"
            )
    else:  # the function is of migration 0002
        bind.exec_driver_sql(
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION append_only()"
        )


def downgrade() -> None:
    op.drop_table(TABLE)
