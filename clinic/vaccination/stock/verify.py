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
LIVE = """SELECT centre_id, vaccine, count(*) AS number
    FROM dose_promises WHERE released_at IS NULL GROUP BY centre_id, vaccine"""
COUNTED = """SELECT s.centre_id AS id, s.vaccine FROM stock s LEFT JOIN ({counted}) c
    ON c.centre_id = s.centre_id AND c.vaccine = s.vaccine
    WHERE s.{column} <> coalesce(c.number, 0)
    UNION SELECT c.centre_id, c.vaccine FROM ({counted}) c WHERE c.number <> 0 AND NOT EXISTS
        (SELECT 1 FROM stock s WHERE s.centre_id = c.centre_id AND s.vaccine = c.vaccine)"""
PROMISES = {
    "centre {id}: the count of {vaccine} on hand is wrong": COUNTED.format(
        counted=LEFT, column="on_hand"
    ),
    "centre {id}: the count of promised {vaccine} is wrong": COUNTED.format(
        counted=LIVE, column="promised"
    ),
    "centre {id}: more {vaccine} promised than there is": """
        SELECT centre_id AS id, vaccine FROM stock WHERE promised > on_hand""",
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
    "promise {id}: of {vaccine} to a visit that is over": """
        SELECT d.id, d.vaccine FROM dose_promises d JOIN appointments a ON a.id = d.appointment_id
        WHERE d.released_at IS NULL
          AND coalesce(a.cancelled_at, a.no_show_at, a.done_at) IS NOT NULL""",
    "promise {id}: of {vaccine} for an offer that is over": """
        SELECT d.id, d.vaccine FROM dose_promises d JOIN holds h ON h.id = d.hold_id
        WHERE d.released_at IS NULL AND h.ended_at IS NOT NULL""",
    "promise {id}: of {vaccine} at another centre, or to another child, than the visit": """
        SELECT d.id, d.vaccine FROM dose_promises d
          LEFT JOIN appointments a ON a.id = d.appointment_id
          LEFT JOIN holds h ON h.id = d.hold_id LEFT JOIN slots s ON s.id = h.slot_id
        WHERE d.released_at IS NULL
          AND (d.centre_id <> coalesce(a.centre_id, s.centre_id)
            OR d.child_id <> coalesce(a.child_id, h.child_id))""",
}
BEFORE = "centre {id}: {vaccine} expires before the visits that it is promised to"


def broken_stock() -> list[str]:
    """One line a broken promise; empty when all are kept."""
    found = [
        line.format(id=row.id, vaccine=row.vaccine)
        for line, query in PROMISES.items()
        for row in db.session.execute(text(query))
    ]
    some = "SELECT centre_id, vaccine FROM stock WHERE promised > 0 AND promised <= on_hand"
    for centre_id, vaccine in db.session.execute(text(some)).all():
        days = [one.day for one in reserved(centre_id, vaccine)]
        if not can_keep(doses_of(centre_id, vaccine), days):
            found.append(BEFORE.format(id=centre_id, vaccine=vaccine))
    return found
