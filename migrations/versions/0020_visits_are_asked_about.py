"""A visit is asked about when what it hangs on changed

`appointments.question` says what: nothing is left to do, the centre lost the vaccine, the age does
not fit. It is empty once the visit is kept, moved or nothing is to be asked. Visits that lost their
only dose to a recall, or to a spoilt lot, before there were questions are asked about from now on.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0020", "0019"
branch_labels = depends_on = None

LOST = """
    UPDATE appointments SET question = 'no_dose'
    WHERE coalesce(cancelled_at, no_show_at, done_at) IS NULL
      AND (starts_at > CURRENT_TIMESTAMP OR displaced_at IS NOT NULL)
      AND EXISTS (SELECT 1 FROM dose_promises d WHERE d.appointment_id = appointments.id
        AND d.why_released IN ('recalled', 'wasted'))
      AND NOT EXISTS (SELECT 1 FROM dose_promises d WHERE d.appointment_id = appointments.id
        AND d.released_at IS NULL)"""


def upgrade() -> None:
    op.add_column("appointments", sa.Column("question", sa.String(20)))
    op.execute(LOST)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or a later ALTER TABLE finds triggers waiting


def downgrade() -> None:
    op.drop_column("appointments", "question")
