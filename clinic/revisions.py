"""Which databases this version of the site can go on from: those of the baseline and of what came after it."""

from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from clinic.extensions import migrate

BASELINE = "0031"


def revision_of(engine: Engine) -> str | None:
    """The migration that the database is at; None if it has none, as a new one."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def is_current(engine: Engine) -> bool:
    """Whether every migration of this version has been made."""
    return revision_of(engine) == ScriptDirectory(migrate.directory).get_current_head()


def is_too_old(revision: str | None) -> bool:
    """Whether a database is from before the baseline, so that nothing here leads on from it."""
    return revision is not None and revision < BASELINE


def why_not(revision: str | None) -> str | None:
    """Why a database at that revision cannot be migrated, in a sentence; None if it can."""
    if is_too_old(revision):
        return (
            f"This database is at revision {revision}, from before the baseline {BASELINE}. Nothing was"
            " changed. Run `db upgrade` of the last version of the site that still has the migrations"
            " 0001 to 0031, then this one's (docs/architecture.md, Migrations)."
        )
    if revision is not None and revision not in _known():
        return (
            f"This database is at revision {revision}, which this version of the site does not know:"
            " it is newer. Nothing was changed."
        )
    return None


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory(migrate.directory).walk_revisions()}


def set_aside(engine: Engine) -> Path | None:
    """Rename the SQLite file of a database that is too old, so that a new one can be made in its place.

    Returns its new path; None if there is none, it is not too old, or it is no file.
    """
    path = Path(engine.url.database or "")
    if engine.dialect.name != "sqlite" or not path.is_file():
        return None
    revision = revision_of(engine)
    if not is_too_old(revision):
        return None
    engine.dispose()
    aside = path.with_name(f"{path.name}.at-{revision}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.at-{revision}-{number}")
    for suffix in ("", "-wal", "-shm"):  # the log beside it belongs to it
        if (part := path.with_name(path.name + suffix)).exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside
