"""Reads all stock and reports every broken promise of it.

It repeats what triggers and constraints promise, on purpose, as `clinic.scheduling.verify` does.
"""

from sqlalchemy import text

from clinic.db import db
from clinic.vaccination.stock.queries import doses_of, reserved
from clinic.vaccination.stock.rules import can_keep

LEFT = """SELECT l.centre_id, p.vaccine, sum(l.received - l.used - l.wasted) AS number
    FROM vaccine_lots l JOIN vaccine_products p ON p.id = l.product_id
    WHERE l.recalled_at IS NULL GROUP BY l.centre_id, p.vaccine"""
LIVE = """SELECT centre_id, key AS vaccine, sum(quantity) AS number FROM reservations
    WHERE resource = 'dose' AND released_at IS NULL GROUP BY centre_id, key"""
COUNTED = """SELECT s.centre_id AS id, s.vaccine FROM stock s LEFT JOIN ({counted}) c
    ON c.centre_id = s.centre_id AND c.vaccine = s.vaccine
    WHERE s.{column} <> coalesce(c.number, 0)
    UNION SELECT c.centre_id, c.vaccine FROM ({counted}) c WHERE c.number <> 0 AND NOT EXISTS
        (SELECT 1 FROM stock s WHERE s.centre_id = c.centre_id AND s.vaccine = c.vaccine)"""
PROMISES = {
    "centre {id}: the count of {vaccine} on hand is wrong": COUNTED.format(
        counted=LEFT, column="on_hand"
    ),
    "centre {id}: the count of reserved {vaccine} is wrong": COUNTED.format(
        counted=LIVE, column="reserved"
    ),
    "centre {id}: more {vaccine} reserved than there is": """
        SELECT centre_id AS id, vaccine FROM stock WHERE reserved > on_hand""",
    "lot {id}: more doses of {vaccine} gone than came": """
        SELECT l.id, p.vaccine FROM vaccine_lots l JOIN vaccine_products p ON p.id = l.product_id
        WHERE l.received < l.used + l.wasted""",
    "lot {id}: more doses of {vaccine} on record than used": """
        SELECT l.id, p.vaccine FROM vaccine_lots l JOIN vaccine_products p ON p.id = l.product_id
        WHERE l.used < (SELECT count(*) FROM given_doses g WHERE g.lot_id = l.id)""",
    "immunization {id}: of {vaccine}, with another lot number than the lot it was taken from": """
        SELECT i.id, i.vaccine FROM given_doses g JOIN immunizations i ON i.id = g.immunization_id
          JOIN vaccine_lots l ON l.id = g.lot_id
        WHERE i.lot_number <> l.number""",
}
BEFORE = "centre {id}: {vaccine} expires before the visits that it is reserved for"


def broken_stock() -> list[str]:
    """One line a broken promise; empty when all are kept."""
    found = [
        line.format(id=row.id, vaccine=row.vaccine)
        for line, query in PROMISES.items()
        for row in db.session.execute(text(query))
    ]
    some = "SELECT centre_id, vaccine FROM stock WHERE reserved > 0 AND reserved <= on_hand"
    for centre_id, vaccine in db.session.execute(text(some)).all():
        days = [reservation.day for reservation in reserved(centre_id, vaccine)]
        if not can_keep(doses_of(centre_id, vaccine), days):
            found.append(BEFORE.format(id=centre_id, vaccine=vaccine))
    return found
