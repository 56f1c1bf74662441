"""Services, what centres offer and paid vaccines have prices

Prices are whole fen; a service without one says nothing about it, as before.

Revision ID: 0044
Revises: 0043
"""

import sqlalchemy as sa
from alembic import op

from clinic import promises

revision, down_revision = "0044", "0043"
branch_labels = depends_on = None

PRICED = ("services", "centre_services")


def upgrade() -> None:
    for table in PRICED:
        with promises.batch(table) as batch:
            batch.add_column(sa.Column("price_fen", sa.Integer(), nullable=True))
            batch.create_check_constraint(op.f(f"ck_{table}_price_fen"), "price_fen >= 0")
    op.create_table(
        "vaccine_prices",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("price_fen", sa.Integer(), nullable=False),
        sa.CheckConstraint("price_fen > 0", name=op.f("ck_vaccine_prices_price_fen")),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centres.id"], name=op.f("fk_vaccine_prices_centre_id_centres")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["vaccine_products.id"],
            name=op.f("fk_vaccine_prices_product_id_vaccine_products"),
        ),
        sa.PrimaryKeyConstraint("centre_id", "product_id", name=op.f("pk_vaccine_prices")),
    )
    promises.install(op.get_bind(), "centre_services", "vaccine_prices", at=revision)


def downgrade() -> None:
    bind = op.get_bind()
    promises.drop(bind, "vaccine_prices")
    op.drop_table("vaccine_prices")
    for table in PRICED:
        with promises.batch(table) as batch:
            batch.drop_constraint(op.f(f"ck_{table}_price_fen"), type_="check")
            batch.drop_column("price_fen")
    promises.install(bind, "centre_services", at=down_revision)
