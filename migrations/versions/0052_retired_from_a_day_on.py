"""Clinicians, rooms, services and centres are retired from a day on

`retired_on` says from when. A closing may be for one service of a slot alone, which the others keep.
The way down is refused while anything is retired: the old tables cannot say so.

Revision ID: 0052
Revises: 0051
"""

import sqlalchemy as sa
from alembic import op

from clinic import promises

revision, down_revision = "0052", "0051"
branch_labels = depends_on = None

TABLES = ("centres", "rooms", "services", "centre_services", "practitioners")
CHANGED = ("slot_closings", "slots", "clinic_sessions")
SOURCES = "closure_id, leave_id, publication_id"
OF_A_SERVICE = "(reason = 'retired_service') = (service_id IS NOT NULL)"


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("retired_on", sa.Date(), nullable=True))
    op.drop_index("uq_slot_closings_reason", table_name="slot_closings")
    with promises.batch("slot_closings") as batch:
        batch.add_column(sa.Column("service_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            "fk_slot_closings_service_id_services", "services", ["service_id"], ["id"]
        )
        batch.create_check_constraint(op.f("ck_slot_closings_service"), OF_A_SERVICE)
    _index(f"coalesce({SOURCES}, service_id, 0)")
    promises.install(op.get_bind(), *CHANGED, at=revision)


def downgrade() -> None:
    bind = op.get_bind()
    for table in TABLES:
        if bind.scalar(sa.text(f"SELECT count(*) FROM {table} WHERE retired_on IS NOT NULL")):
            raise RuntimeError(f"{table} has retired rows, which revision 0051 cannot say")
    op.drop_index("uq_slot_closings_reason", table_name="slot_closings")
    for table in CHANGED:
        promises.drop(bind, table, but=("ex_clinic_sessions_practitioner", "ex_clinic_sessions_room"))
    with promises.batch("slot_closings") as batch:
        batch.drop_constraint(op.f("ck_slot_closings_service"), type_="check")
        batch.drop_constraint("fk_slot_closings_service_id_services", type_="foreignkey")
        batch.drop_column("service_id")
    _index(f"coalesce({SOURCES}, 0)")
    for table in TABLES:
        with promises.batch(table) as batch:
            batch.drop_column("retired_on")
    promises.install(bind, *CHANGED, at=down_revision)


def _index(source: str) -> None:
    op.create_index(
        "uq_slot_closings_reason",
        "slot_closings",
        ["slot_id", "reason", sa.text(source)],
        unique=True,
    )
