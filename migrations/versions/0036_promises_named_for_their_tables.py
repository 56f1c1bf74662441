"""Give a database from before the baseline the promises by the names of their tables

The migrations that the baseline stands for spelled three things otherwise: functions and some
triggers were not named for their tables, a CHECK had its prefix twice, and on PostgreSQL
`record_versions.child_id` counted on by itself. A database that the baseline made has nothing of
that, and is as it was after this.

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

from clinic import promises

revision, down_revision = "0036", "0035"
branch_labels = depends_on = None

TABLE, OLD, NEW = (
    "health_asked_again",
    "ck_health_asked_again_ck_health_asked_again_temperature",
    "ck_health_asked_again_temperature",
)


def upgrade() -> None:
    bind = op.get_bind()
    named = {check["name"] for check in sa.inspect(bind).get_check_constraints(TABLE)}
    if OLD not in named:
        return  # made by the baseline
    for table in sa.inspect(bind).get_table_names():
        promises.drop(bind, table)
    promises.drop_functions(bind)
    if bind.dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {TABLE} RENAME CONSTRAINT {OLD} TO {NEW}")
        op.execute("ALTER TABLE record_versions ALTER child_id DROP DEFAULT")
        op.execute("DROP SEQUENCE record_versions_child_id_seq")
    else:
        with promises.batch(TABLE) as batch:
            batch.drop_constraint(OLD)
            batch.create_check_constraint(op.f(NEW), "temperature BETWEEN 320 AND 430")
    promises.install(bind, at=revision)


def downgrade() -> None:
    """Nothing: what the baseline makes is the same."""
