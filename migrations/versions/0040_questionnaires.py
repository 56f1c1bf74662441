"""Answers to questionnaires have one table, whatever kind of service asks

Until now answers before a vaccination were in `vaccination_screenings`, a row for each time, and
those before a check in `screenings` beside the findings of checks, a row for each question. The
latter become a response for each moment at which something was answered or taken back, with all
that was answered by then; the way down takes them apart again. In which language they were asked
was not kept.

The way down refuses, and changes nothing, while there are answers that the old tables cannot hold:
to other questionnaires, before a vaccination other than yes or no (or without a visit or language),
before a check with a day, a visit, an outcome or of a newer version, and what the desk heard about
any but those before a vaccination.

Revision ID: 0040
Revises: 0039
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa
from alembic import op

from clinic import promises

revision, down_revision = "0040", "0039"
branch_labels = depends_on = None

VERSION = "2026-11-25"  # of the questions before a check, the only one so far
CHUNK = 1000
MOMENT = sa.DateTime(timezone=True)
IS_ANSWER = "source = 'parent'"
ONE_ANSWER = "voided_at IS NULL AND check_visit_id IS NULL"


def _table(name: str, *columns: str, **kinds: object) -> sa.TableClause:
    return sa.table(
        name,
        sa.column("id", sa.Integer),
        *(sa.column(each, sa.Integer if each.endswith("_id") else sa.String) for each in columns),
        *(sa.column(each, kind) for each, kind in kinds.items()),
    )


jabs = _table(
    "vaccination_screenings",
    *("appointment_id", "child_id", "verdict", "rules_version", "language", "by_id"),
    **{"answers": sa.JSON, "outcomes": sa.JSON, "at": MOMENT},
)
responses = _table(
    "questionnaire_responses",
    *("questionnaire", "version", "child_id", "appointment_id", "consequence", "language", "by_id"),
    **{"answers": sa.JSON, "outcomes": sa.JSON, "at": MOMENT},
)
screenings = _table(
    "screenings",
    *("visit", "code", "value", "child_id", "source", "entered_by_id", "voided_by_id"),
    **{"entered_at": MOMENT, "voided_at": MOMENT},
)


def upgrade() -> None:
    _make_tables()
    bind = op.get_bind()
    for rows in _chunks(bind, sa.select(jabs).order_by(jabs.c.id)):
        bind.execute(responses.insert(), [_of_jab(row) for row in rows])
    op.execute(
        "INSERT INTO responses_asked_again"
        " (id, appointment_id, response_id, still, temperature, note, at, by_id)"
        " SELECT id, appointment_id, screening_id, still, temperature, note, at, by_id"
        " FROM health_asked_again"
    )
    _go_on_counting(bind, "questionnaire_responses", "responses_asked_again")
    _gather(bind)
    op.execute(f"DELETE FROM screenings WHERE {IS_ANSWER}")
    _all_at_once(bind)
    for table in ("health_asked_again", "vaccination_screenings"):
        promises.drop(bind, table)
        op.drop_table(table)
    with promises.batch("screenings") as batch:
        batch.drop_index("uq_screenings_live_answer")
        batch.create_check_constraint(op.f("ck_screenings_of_a_check"), "check_visit_id IS NOT NULL")
    promises.install(bind, "questionnaire_responses", "responses_asked_again", at=revision)


def downgrade() -> None:
    bind = op.get_bind()
    _must_fit(bind)
    for table in ("questionnaire_responses", "responses_asked_again"):
        promises.drop(bind, table)
    with promises.batch("screenings") as batch:
        batch.drop_constraint(op.f("ck_screenings_of_a_check"))
        batch.create_index(
            "uq_screenings_live_answer",
            ["child_id", "visit", "code"],
            unique=True,
            sqlite_where=sa.text(ONE_ANSWER),
            postgresql_where=sa.text(ONE_ANSWER),
        )
    _make_old_tables()
    of_jabs = responses.c.questionnaire == "vaccination"
    for rows in _chunks(bind, sa.select(responses).where(of_jabs).order_by(responses.c.id)):
        bind.execute(jabs.insert(), [_to_jab(row) for row in rows])
    op.execute(
        "INSERT INTO health_asked_again"
        " (id, appointment_id, screening_id, still, temperature, note, at, by_id)"
        " SELECT id, appointment_id, response_id, still, temperature, note, at, by_id"
        " FROM responses_asked_again"
        " WHERE response_id IN (SELECT id FROM vaccination_screenings)"
    )
    _go_on_counting(bind, "vaccination_screenings", "health_asked_again")
    _scatter(bind)
    _all_at_once(bind)
    op.drop_table("responses_asked_again")
    op.drop_table("questionnaire_responses")
    promises.install(bind, "vaccination_screenings", "health_asked_again", at=down_revision)


def _must_fit(bind: sa.Connection) -> None:
    """RuntimeError if the old tables cannot hold all that was answered."""
    rows = bind.execute(sa.select(responses)).all()
    too_much = [row.id for row in rows if not _fits(row)]
    if too_much:
        raise RuntimeError(
            f"The tables of {down_revision} cannot hold {len(too_much)} of the answers in"
            f" questionnaire_responses (the first has id {min(too_much)}). Nothing was changed."
        )
    others = sa.text(
        "SELECT count(*) FROM responses_asked_again a JOIN questionnaire_responses r"
        " ON r.id = a.response_id WHERE r.questionnaire <> 'vaccination'"
    )
    if heard := bind.scalar(others):
        raise RuntimeError(
            f"The tables of {down_revision} cannot hold {heard} of the rows in"
            " responses_asked_again, which are not about a vaccination. Nothing was changed."
        )


def _fits(row: sa.Row) -> bool:
    if row.questionnaire == "vaccination":
        is_yes_or_no = all(value in ("yes", "no") for value, _day in row.answers.values())
        return is_yes_or_no and row.appointment_id is not None and row.language is not None
    if not row.questionnaire.startswith("check-") or row.version != VERSION:
        return False
    has_day = any(day for _value, day in row.answers.values())
    return not (has_day or row.appointment_id or row.outcomes or row.consequence)


def _chunks(bind: sa.Connection, query: sa.Select) -> Iterator[list[sa.Row]]:
    rows = bind.execute(query).all()
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _of_jab(row: sa.Row) -> dict[str, object]:
    return {
        "id": row.id,
        "questionnaire": "vaccination",
        "version": row.rules_version,
        "child_id": row.child_id,
        "appointment_id": row.appointment_id,
        "answers": {code: ["yes" if yes else "no", day] for code, (yes, day) in row.answers.items()},
        "outcomes": row.outcomes,
        "consequence": row.verdict,
        "language": row.language,
        "at": row.at,
        "by_id": row.by_id,
    }


def _to_jab(row: sa.Row) -> dict[str, object]:
    return {
        "id": row.id,
        "appointment_id": row.appointment_id,
        "child_id": row.child_id,
        "answers": {code: [value == "yes", day] for code, (value, day) in row.answers.items()},
        "outcomes": row.outcomes,
        "verdict": row.consequence,
        "rules_version": row.version,
        "language": row.language,
        "at": row.at,
        "by_id": row.by_id,
    }


def _gather(bind: sa.Connection) -> None:
    """A response for each moment at which a family's answers before a check changed."""
    query = sa.select(screenings).where(sa.text(IS_ANSWER))
    rows = bind.execute(query.order_by("child_id", "visit", "id")).all()
    found: list[dict[str, object]] = []
    for (child_id, visit), those in groupby(rows, lambda row: (row.child_id, row.visit)):
        theirs = list(those)
        facts = {"questionnaire": f"check-{visit}", "version": VERSION, "child_id": child_id}
        for at, by_id in sorted(_moments(theirs).items()):
            live = {
                row.code: [row.value, None]
                for row in theirs
                if row.entered_at <= at and (row.voided_at is None or row.voided_at > at)
            }
            found.append(facts | {"answers": live, "at": at, "by_id": by_id})
    found.sort(key=lambda response: response["at"])
    rest = {"outcomes": {}, "consequence": "", "appointment_id": None, "language": None}
    for start in range(0, len(found), CHUNK):
        bind.execute(responses.insert(), [each | rest for each in found[start : start + CHUNK]])


def _moments(rows: list[sa.Row]) -> Mapping[datetime, int]:
    """When something was answered or taken back, and by whom."""
    taken_back = {row.voided_at: row.voided_by_id for row in rows if row.voided_at}
    return taken_back | {row.entered_at: row.entered_by_id for row in rows}


def _scatter(bind: sa.Connection) -> None:
    """A row for each answer before a check, voided when the next response has another."""
    query = sa.select(responses).where(responses.c.questionnaire.startswith("check-"))
    rows = bind.execute(query.order_by("child_id", "questionnaire", "id")).all()
    found: list[dict[str, object]] = []
    for (child_id, code), those in groupby(rows, lambda row: (row.child_id, row.questionnaire)):
        live: dict[str, dict[str, object]] = {}
        for row in those:
            said = {each: value for each, (value, _day) in row.answers.items()}
            for each in [each for each in live if said.get(each) != live[each]["value"]]:
                live.pop(each).update(voided_at=row.at, voided_by_id=row.by_id)
            for each in said.keys() - live.keys():
                live[each] = {
                    "visit": code.removeprefix("check-"),
                    "code": each,
                    "value": said[each],
                    "child_id": child_id,
                    "source": "parent",
                    "entered_at": row.at,
                    "entered_by_id": row.by_id,
                    "voided_at": None,
                    "voided_by_id": None,
                }
                found.append(live[each])
    for start in range(0, len(found), CHUNK):
        bind.execute(screenings.insert(), found[start : start + CHUNK])


def _go_on_counting(bind: sa.Connection, *tables: str) -> None:
    """New rows come after those whose ids were kept."""
    for table in tables if bind.dialect.name == "postgresql" else ():
        last = f"(SELECT coalesce(max(id), 0) + 1 FROM {table})"
        op.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last}, false)")


def _all_at_once(bind: sa.Connection) -> None:
    """Deferred triggers wait for the commit, and a table that they speak of cannot change before."""
    if bind.dialect.name == "postgresql":
        op.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _ref(table: str, name: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [f"{to}.id"], name=f"fk_{table}_{name}_{to}")


def _column(name: str, kind: object, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind, nullable=nullable)


def _make_tables() -> None:
    table = "questionnaire_responses"
    op.create_table(
        table,
        _column("id", sa.Integer),
        _column("questionnaire", sa.String(40)),
        _column("version", sa.String(20)),
        _column("child_id", sa.Integer),
        _column("appointment_id", sa.Integer, nullable=True),
        _column("answers", sa.JSON),
        _column("outcomes", sa.JSON),
        _column("consequence", sa.String(30)),
        _column("language", sa.String(2), nullable=True),
        _column("at", MOMENT),
        _column("by_id", sa.Integer),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        _ref(table, "child_id", "children"),
        _ref(table, "appointment_id", "appointments"),
        _ref(table, "by_id", "users"),
    )
    for whose in ("appointment", "child"):
        op.create_index(f"ix_{table}_{whose}", table, [f"{whose}_id", "questionnaire", "id"])
    _make_asked_again("responses_asked_again", "response_id", table, "appointment")


def _make_asked_again(table: str, ref: str, to: str, index: str) -> None:
    op.create_table(
        table,
        _column("id", sa.Integer),
        _column("appointment_id", sa.Integer),
        _column(ref, sa.Integer),
        _column("still", sa.JSON),
        _column("temperature", sa.Integer, nullable=True),
        _column("note", sa.String(300)),
        _column("at", MOMENT),
        _column("by_id", sa.Integer),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        _ref(table, "appointment_id", "appointments"),
        _ref(table, ref, to),
        _ref(table, "by_id", "users"),
        sa.CheckConstraint("temperature BETWEEN 320 AND 430", name=op.f(f"ck_{table}_temperature")),
    )
    op.create_index(f"ix_{table}_{index}", table, ["appointment_id", "id"])


def _make_old_tables() -> None:
    table = "vaccination_screenings"
    op.create_table(
        table,
        _column("id", sa.Integer),
        _column("appointment_id", sa.Integer),
        _column("child_id", sa.Integer),
        _column("answers", sa.JSON),
        _column("outcomes", sa.JSON),
        _column("verdict", sa.String(20)),
        _column("rules_version", sa.String(20)),
        _column("language", sa.String(2)),
        _column("at", MOMENT),
        _column("by_id", sa.Integer),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        _ref(table, "appointment_id", "appointments"),
        _ref(table, "child_id", "children"),
        _ref(table, "by_id", "users"),
    )
    op.create_index(f"ix_{table}_visit", table, ["appointment_id", "id"])
    _make_asked_again("health_asked_again", "screening_id", table, "visit")
