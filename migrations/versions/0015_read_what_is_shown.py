"""Indexes for what a page shows of tables that grow with every visit

Of all holds ever made, those that are still in a form, by whose they are; those of forms by age,
for who clears them away; of all appointments, those that need a new time, by centre.

Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision, down_revision = "0015", "0014"
branch_labels = depends_on = None

INDEXES = {
    "ix_holds_open_forms": ("holds", "user_id", "purpose = 'form' AND booking_id IS NULL"),
    "ix_holds_form_leads": ("holds", "expires_at", "purpose = 'form' AND lead_id IS NULL"),
    "ix_appointments_displaced": ("appointments", "centre_id", "displaced_at IS NOT NULL"),
}


def upgrade() -> None:
    for name, (table, column, which) in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {table} ({column}) WHERE {which}")


def downgrade() -> None:
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
