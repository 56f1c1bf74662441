"""The id of a hold is never given again

A booking's key is made of it, and a page that was left open names it. PostgreSQL counts on by
itself; SQLite took the next after the largest there is, so a hold that was let go, or cleared away,
gave its id to the next one. A later migration that rebuilds `holds` has to say AUTOINCREMENT again.

Revision ID: 0028
Revises: 0027
"""

from alembic import op

revision, down_revision = "0028", "0027"
branch_labels = depends_on = None

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
}
TRIGGERS = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'holds'"


def rebuild(*, counts_on: bool) -> None:
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        return
    triggers = bind.exec_driver_sql(TRIGGERS).scalars().all()
    with op.batch_alter_table(
        "holds",
        recreate="always",
        table_kwargs={"sqlite_autoincrement": counts_on},
        naming_convention=NAMES,
    ):
        pass
    for trigger in triggers:
        bind.exec_driver_sql(trigger)


def upgrade() -> None:
    rebuild(counts_on=True)


def downgrade() -> None:
    rebuild(counts_on=False)
