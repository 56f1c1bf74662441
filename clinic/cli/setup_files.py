"""`setup export`, `import` and `copy`: set-up in files, and one centre like another."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from clinic import clock
from clinic.accounts.models import Role
from clinic.accounts.queries import find_user
from clinic.cli.asking import centre_of
from clinic.cli.setup import set_up
from clinic.db import db
from clinic.errors import DomainError
from clinic.setup import copying
from clinic.setup.files import exporting, importing
from clinic.setup.files.formats import tables_in
from clinic.setup.files.planning import Action, Plan, plan


def _say(error: DomainError) -> str:
    return error.message % error.params


@set_up.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--xlsx", is_flag=True, help="One workbook instead of CSV files.")
@with_appcontext
def export(folder: Path, xlsx: bool) -> None:
    """Write centres, hours, rooms, services and people to FOLDER."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"setup.xlsx": exporting.as_workbook()} if xlsx else exporting.as_csv_files()
    for name, content in files.items():
        (folder / name).write_bytes(content)
        click.echo(folder / name)


@set_up.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@with_appcontext
def import_files(paths: tuple[Path, ...], dry_run: bool) -> None:
    """Read in the files of set-up, or a FOLDER of them: all rows, or none if one is wrong."""
    try:
        tables = [
            table for path in _files(paths) for table in tables_in(path.name, path.read_bytes())
        ]
        shown = plan(tables)
        _tell(shown)
        if shown.is_wrong:
            raise importing.SomethingWrong
        if not dry_run:
            importing.apply(tables, shown.version, by=None, now=clock.now())
            db.session.commit()
    except DomainError as error:
        raise click.ClickException(_say(error)) from error


def _files(paths: tuple[Path, ...]) -> list[Path]:
    found = []
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [each for each in inside if each.suffix.lower() in (".csv", ".xlsx")]
    return found


def _tell(shown: Plan) -> None:
    for refused in shown.refused:
        click.echo(_say(refused), err=True)
    for row in shown.rows:
        if row.action is Action.WRONG:
            for cell in row.cells:
                why = _say(cell.why) if cell.why else ""
                click.echo(f"{row.table}, line {row.line}, {cell.column}: {why}", err=True)
        elif row.action is not Action.KEEP:
            click.echo(f"{row.action} {row.sheet.name}: {row.name}")
    numbers = (f"{shown.number(action)} {action}" for action in Action)
    click.echo(", ".join(numbers))


@set_up.command("copy")
@click.argument("source")
@click.argument("target")
@click.option("--by", required=True, help="The sign-in of an administrator or manager.")
@click.option("--do", is_flag=True, help="Do it; otherwise it only says what would be copied.")
@with_appcontext
def copy(source: str, target: str, by: str, do: bool) -> None:
    """Copy hours, rooms, services and rules of booking from SOURCE to TARGET (codes of centres)."""
    user = find_user(by)
    if user is None or not {Role.ADMIN, Role.MANAGER} & set(user.roles):
        raise click.ClickException(f"{by} may not set up centres.")
    old, new = centre_of(source), centre_of(target)
    shown = copying.preview(old, new, now=clock.now())
    numbers = {name: len(rows) for name, rows in vars(shown).items()}
    click.echo(", ".join(f"{number} {name}" for name, number in numbers.items()))
    if do:
        copying.copy(old, new, shown.version, by=user, now=clock.now())
        db.session.commit()
