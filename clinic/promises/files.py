"""Reads the SQL files: a comment and one statement to a paragraph."""

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent  # what is true now
COPIES = HERE.parent.parent / "migrations" / "promises"  # what each migration installed
SHARED = (
    "functions"  # the file of the functions that triggers of several tables call; it comes first
)

# The statements that such a file may have, by what they make and its name.
KINDS = (
    ("trigger", re.compile(r"CREATE (?:CONSTRAINT )?TRIGGER (\w+)")),
    ("function", re.compile(r"CREATE OR REPLACE FUNCTION (\w+)")),
    ("constraint", re.compile(r"ALTER TABLE \w+ ADD CONSTRAINT (\w+)")),
)


@dataclass(frozen=True)
class Promise:
    """One trigger, function or EXCLUDE constraint."""

    table: str  # or SHARED
    kind: str  # trigger, function, constraint
    name: str
    says: str  # its comment, in one line
    sql: str  # its statement, without the comment


def read(folder: Path, engine: str, table: str) -> list[Promise]:
    """What the file of that table in that folder promises; nothing if it has none."""
    path = folder / engine / f"{table}.sql"
    if not path.exists():
        return []
    return [
        _promise(table, paragraph) for paragraph in path.read_text("utf-8").strip().split("\n\n")
    ]


def tables_with_promises(folder: Path, engine: str) -> list[str]:
    """The tables that have a file in that folder; the shared functions come first."""
    found = {path.stem for path in (folder / engine).glob("*.sql")}
    return sorted(found, key=lambda table: (table != SHARED, table))


def folder_of(table: str, engine: str, at: str) -> Path | None:
    """The folder of the copy of that table's file that was installed last, at that revision."""
    revisions = sorted(path.name for path in COPIES.iterdir() if path.name <= at)
    for revision in reversed(revisions):
        if (COPIES / revision / engine / f"{table}.sql").exists():
            return COPIES / revision
    return None


def tables_at(engine: str, at: str) -> list[str]:
    """All tables that had promises at that revision."""
    found = {
        table
        for folder in COPIES.iterdir()
        if folder.name <= at
        for table in tables_with_promises(folder, engine)
    }
    return sorted(found, key=lambda table: (table != SHARED, table))


def uncopied(at: str) -> list[Path]:
    """The files that say something else than the copies installed last, at that revision."""
    found = []
    for path in sorted(HERE.glob("*/*.sql")):
        engine, table = path.parent.name, path.stem
        last = folder_of(table, engine, at)
        if last is None or (last / engine / path.name).read_bytes() != path.read_bytes():
            found.append(path)
    return found


def copy_for(revision: str) -> list[Path]:
    """Copy what changed since the last migration for that one; the copies."""
    copies = []
    for path in uncopied(revision):
        copy = COPIES / revision / path.parent.name / path.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        copies.append(copy)
    return copies


def _promise(table: str, paragraph: str) -> Promise:
    lines = paragraph.splitlines()
    comment = [line.removeprefix("--").strip() for line in lines if line.startswith("--")]
    sql = "\n".join(line for line in lines if not line.startswith("--"))
    for kind, pattern in KINDS:
        if found := pattern.match(sql):
            return Promise(table, kind, found[1], " ".join(comment), sql)
    raise ValueError(f"{table}.sql: not a trigger, function or constraint: {sql[:60]!r}")
