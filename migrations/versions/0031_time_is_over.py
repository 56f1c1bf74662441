"""Of a child under observation: when and by whom it was noted that its time is over

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0031", "0030"
branch_labels = depends_on = None

TABLE = "vaccination_observations"


def upgrade() -> None:
    moment = "TIMESTAMP WITH TIME ZONE" if op.get_bind().dialect.name == "postgresql" else "DATETIME"
    for column in (
        f"over_noted_at {moment} CONSTRAINT ck_{TABLE}_noted_when_over "
        "CHECK (over_noted_at >= ends_at)",
        f"over_noted_by_id INTEGER CONSTRAINT fk_{TABLE}_over_noted_by_id_users "
        f"REFERENCES users (id) CONSTRAINT ck_{TABLE}_over_noted "
        "CHECK ((over_noted_at IS NULL) = (over_noted_by_id IS NULL))",
    ):
        op.execute(sa.text(f"ALTER TABLE {TABLE} ADD COLUMN {column}"))
    # Who stayed before there were such notes was looked at without them.
    op.execute(
        sa.text(
            f"UPDATE {TABLE} SET over_noted_at = left_at, over_noted_by_id = left_by_id "
            "WHERE left_at >= ends_at"
        )
    )


def downgrade() -> None:
    for name in ("over_noted_by_id", "over_noted_at"):  # their constraints go with them
        op.execute(sa.text(f"ALTER TABLE {TABLE} DROP COLUMN {name}"))
