"""Set-up files from the command line."""

from pathlib import Path

import click

from clinic import clock
from clinic.db import db
from clinic.errors import DomainError
from clinic.setup.blueprint import bp
from clinic.setup.files import exporting, importing
from clinic.setup.files.formats import tables_in
from clinic.setup.files.planning import Action, Plan, plan


def _say(error: DomainError) -> str:
    return error.message % error.params


@bp.cli.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--xlsx", is_flag=True, help="One workbook instead of CSV files.")
def export(folder: Path, xlsx: bool) -> None:
    """Write centres, hours, rooms, services and people to FOLDER."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"setup.xlsx": exporting.as_workbook()} if xlsx else exporting.as_csv_files()
    for name, content in files.items():
        (folder / name).write_bytes(content)
        click.echo(folder / name)


@bp.cli.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
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
