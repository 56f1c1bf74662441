"""When a visit was kept or moved, and that a rule of the rota never begins, stand in their rows

Until now the first two were read from the audit trail, and such a rule had no weekdays.

Revision ID: 0035
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0035", "0034"
branch_labels = depends_on = None

rules = sa.table(
    "rota_rules",
    *(sa.column(name) for name in ("id", "made_at", "made_by_id", "cancelled_by_id")),
    sa.column("weekdays", sa.JSON),
    sa.column("cancelled_at"),
)
drafts = sa.table(
    "rota_drafts",
    *(sa.column(name) for name in ("id", "rule_id", "publication_id")),
    sa.column("before", sa.JSON),
)
publications = sa.table(
    "rota_publications", *(sa.column(name) for name in ("id", "published_at", "published_by_id"))
)
LAST_TOLD = """
    UPDATE appointments SET {column} = (
        SELECT max(audit_events.at) FROM audit_events
        WHERE audit_events.subject = 'appointments' AND audit_events.action = '{action}'
            AND audit_events.subject_id = appointments.id
    )
    WHERE id IN (SELECT subject_id FROM audit_events
        WHERE subject = 'appointments' AND action = '{action}')"""
CANCELLED = "CONSTRAINT ck_rota_rules_cancelled CHECK ((cancelled_at IS NULL) = (cancelled_by_id IS NULL))"


def upgrade() -> None:
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    moment = "DATETIME" if is_sqlite else "TIMESTAMP WITH TIME ZONE"
    user = "INTEGER CONSTRAINT fk_rota_rules_cancelled_by_id_users REFERENCES users (id)"
    for statement in (
        f"ALTER TABLE appointments ADD COLUMN kept_at {moment}",
        f"ALTER TABLE appointments ADD COLUMN moved_at {moment}",
        f"ALTER TABLE rota_rules ADD COLUMN cancelled_at {moment}",
        f"ALTER TABLE rota_rules ADD COLUMN cancelled_by_id {user} {CANCELLED}",
    ):
        bind.exec_driver_sql(statement)
    if not is_sqlite:  # neither a version nor a form changes by it
        bind.exec_driver_sql("ALTER TABLE appointments DISABLE TRIGGER USER")
    for column, action in (("kept_at", "keep_visit"), ("moved_at", "move")):
        bind.exec_driver_sql(LAST_TOLD.format(column=column, action=action))
    if not is_sqlite:
        bind.exec_driver_sql("ALTER TABLE appointments ENABLE TRIGGER USER")
    _cancel_rules(bind)


def _cancel_rules(bind: sa.Connection) -> None:
    """Rules without weekdays: their publication ended them, or the undoing of the one that made them."""
    for rule in bind.execute(sa.select(rules)).all():
        if rule.weekdays:
            continue
        ended = bind.execute(
            sa.select(drafts.c.before, publications.c.published_at, publications.c.published_by_id)
            .join_from(drafts, publications, publications.c.id == drafts.c.publication_id)
            .where(drafts.c.rule_id == rule.id)
            .order_by(drafts.c.id.desc())
            .limit(1)
        ).first()
        at, by = (ended[1], ended[2]) if ended else (rule.made_at, rule.made_by_id)
        bind.execute(
            rules.update()
            .where(rules.c.id == rule.id)
            .values(
                cancelled_at=at,
                cancelled_by_id=by,
                weekdays=ended[0].get("weekdays", []) if ended else [],
            )
        )


def downgrade() -> None:
    bind = op.get_bind()
    weekdays = {rule.id: rule.weekdays for rule in bind.execute(sa.select(rules))}
    published = drafts.c.publication_id.is_not(None) & drafts.c.rule_id.is_not(None)
    for draft in bind.execute(sa.select(drafts).where(published)).all():
        before = draft.before | {"weekdays": weekdays[draft.rule_id]}
        bind.execute(drafts.update().where(drafts.c.id == draft.id).values(before=before))
    bind.execute(rules.update().where(rules.c.cancelled_at.is_not(None)).values(weekdays=[]))
    for statement in (
        "ALTER TABLE rota_rules DROP COLUMN cancelled_by_id",
        "ALTER TABLE rota_rules DROP COLUMN cancelled_at",
        "ALTER TABLE appointments DROP COLUMN moved_at",
        "ALTER TABLE appointments DROP COLUMN kept_at",
    ):
        bind.exec_driver_sql(statement)
