"""A centre opens for families on a day of its own, and says more of itself

Announcements, pictures, parking, a link to a map, what its rooms have. Centres that are here
already have opened.

Revision ID: 0047
Revises: 0046
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from clinic import promises

revision, down_revision = "0047", "0046"
branch_labels = depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with promises.batch("centres") as batch:
        batch.add_column(_with("parking_zh", sa.String(200), ""))
        batch.add_column(_with("parking_en", sa.String(300), ""))
        batch.add_column(_with("map_url", sa.String(300), ""))
        batch.add_column(_with("is_wheelchair_accessible", sa.Boolean(), sa.false()))
        batch.add_column(sa.Column("opened_at", MOMENT))
    opened = sa.table("centres", sa.column("opened_at", MOMENT))
    op.get_bind().execute(opened.update().values(opened_at=datetime.now(UTC)))
    with promises.batch("rooms") as batch:
        batch.add_column(_with("stations", sa.Integer(), "1"))
        batch.add_column(_with("is_fever_room", sa.Boolean(), sa.false()))
        batch.add_column(_with("is_wheelchair_accessible", sa.Boolean(), sa.false()))
        batch.create_check_constraint(op.f("ck_rooms_stations"), "stations BETWEEN 1 AND 50")
    _make_announcements()
    _make_pictures()
    promises.install(op.get_bind(), "announcements", at=revision)


def _with(name: str, kind: sa.types.TypeEngine[object], default: object) -> sa.Column[object]:
    return sa.Column(name, kind, nullable=False, server_default=default)


def _make_announcements() -> None:
    table = "announcements"
    op.create_table(
        table,
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("centre_id", sa.Integer, nullable=False),
        sa.Column("text_zh", sa.String(300), nullable=False),
        sa.Column("text_en", sa.String(400), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by_id", sa.Integer, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by_id", sa.Integer),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        _ref(table, "centre_id", "centres"),
        _ref(table, "made_by_id", "users"),
        _ref(table, "ended_by_id", "users"),
        sa.CheckConstraint("starts_at < ends_at", name=op.f(f"ck_{table}_starts_before_ends")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by_id IS NULL)", name=op.f(f"ck_{table}_ended")
        ),
    )
    op.create_index(f"ix_{table}_centre", table, ["centre_id", "ends_at"])


def _make_pictures() -> None:
    table = "centre_pictures"
    op.create_table(
        table,
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("centre_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("alt_zh", sa.String(120), nullable=False),
        sa.Column("alt_en", sa.String(160), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("added_by_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint("centre_id", "name", name=f"uq_{table}_centre_id_name"),
        _ref(table, "centre_id", "centres"),
        _ref(table, "added_by_id", "users"),
    )
    op.create_index(f"ix_{table}_name", table, ["name"])


def _ref(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}_{to}")


def downgrade() -> None:
    promises.drop(op.get_bind(), "announcements")
    op.drop_table("announcements")
    op.drop_table("centre_pictures")
    with promises.batch("rooms") as batch:
        batch.drop_constraint(op.f("ck_rooms_stations"), type_="check")
        for column in ("is_wheelchair_accessible", "is_fever_room", "stations"):
            batch.drop_column(column)
    with promises.batch("centres") as batch:
        for column in (
            *("opened_at", "is_wheelchair_accessible"),
            *("map_url", "parking_en", "parking_zh"),
        ):
            batch.drop_column(column)
