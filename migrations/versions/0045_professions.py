"""A clinician has a profession at a centre

Whoever is one already gets it from what they give there: only vaccinations, only tuina or acupuncture,
only rehabilitation (who is no doctor by title; the discipline by the training). Everybody else is a doctor.

Revision ID: 0045
Revises: 0044
"""

import sqlalchemy as sa
from alembic import op

from clinic import promises

revision, down_revision = "0045", "0044"
branch_labels = depends_on = None

CHECK = "ck_{}_profession_by_role"
RULE = "(role = 'clinician') = (profession IS NOT NULL)"
TCM = {"tuina", "acupuncture"}
GIVEN = """
    SELECT memberships.id, practitioners.title_zh, services.kind, services.code
    FROM memberships
    LEFT JOIN practitioners ON practitioners.user_id = memberships.user_id
        AND practitioners.centre_id = memberships.centre_id
    LEFT JOIN practitioner_services ON practitioner_services.practitioner_id = practitioners.id
    LEFT JOIN services ON services.id = practitioner_services.service_id
    WHERE memberships.role = 'clinician'"""


def upgrade() -> None:
    with promises.batch("memberships") as batch:
        batch.add_column(sa.Column("profession", sa.String(20)))
    _fill()
    with promises.batch("memberships") as batch:
        batch.create_check_constraint(op.f(CHECK.format("memberships")), RULE)
    invited = "UPDATE staff_invitations SET profession = 'doctor'"
    op.execute(f"{invited} WHERE role = 'clinician' AND profession IS NULL")
    _check_invitations(RULE)


def downgrade() -> None:
    _check_invitations("profession IS NULL OR role = 'clinician'")
    with promises.batch("memberships") as batch:
        batch.drop_constraint(op.f(CHECK.format("memberships")))
        batch.drop_column("profession")


def _check_invitations(rule: str) -> None:
    name = op.f(CHECK.format("staff_invitations"))
    with promises.batch("staff_invitations") as batch:
        batch.drop_constraint(name)
        batch.create_check_constraint(name, rule)


def _fill() -> None:
    titles: dict[int, str] = {}
    given: dict[int, set[tuple[str, str]]] = {}
    for number, title, kind, code in op.get_bind().execute(sa.text(GIVEN)):
        titles[number] = title or ""
        given.setdefault(number, set()).update([(kind, code)] if kind else [])
    to_fill = sa.text("UPDATE memberships SET profession = :profession WHERE id = :id")
    rows = [
        {"id": number, "profession": _profession(titles[number], services)}
        for number, services in given.items()
    ]
    if rows:
        op.get_bind().execute(to_fill, rows)


def _profession(title: str, services: set[tuple[str, str]]) -> str:
    kinds, codes = {kind for kind, _ in services}, {code for _, code in services}
    if kinds == {"vaccination"}:
        return "vaccinator"
    if codes and codes <= TCM:
        return "tcm"
    if kinds == {"rehab"} and "医师" not in title:
        return "speech" if "speech-training" in codes and "motor-training" not in codes else "physical"
    return "doctor"
