"""Is the Chinese catalogue complete? `python -m tests.translations` says what is missing."""

import io
import re
import sys
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "clinic" / "translations" / "zh" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "_l": None,
    "mark": None,
    "ngettext": (1, 2),
}
METHODS = [("clinic/**.py", "python"), ("templates/**.html", "jinja2")]
PLACE = re.compile(r"%\((\w+)\)s")


def texts_of_the_site():
    """Every msgid that the code or a template shows, once; of a plural, the singular."""
    found = extract_from_dir(ROOT, METHODS, keywords=KEYWORDS)
    return {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}


def complaints():
    """What is wrong with the catalogue, one line each."""
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="zh")
    chinese = {}
    for message in catalogue:
        if message.id:
            msgid = message.id if isinstance(message.id, str) else message.id[0]
            text = message.string if isinstance(message.string, str) else message.string[0]
            chinese[msgid] = text
    shown = texts_of_the_site() - {"That is not possible."}
    yield from (f"missing: {text}" for text in sorted(shown - set(chinese)))
    yield from (f"no longer used: {text}" for text in sorted(set(chinese) - shown))
    for msgid, text in sorted(chinese.items()):
        if not text:
            yield f"empty: {msgid}"
        elif not set(PLACE.findall(text)) <= set(PLACE.findall(msgid)) | {"num"}:
            yield f"another placeholder: {msgid}"
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    kept = CATALOGUE.with_suffix(".mo")
    if not kept.exists() or not _same(compiled, kept):
        yield "messages.mo is older than messages.po: pybabel compile -d clinic/translations"


def _same(compiled, kept):
    compiled.seek(0)
    with kept.open("rb") as file:
        return read_mo(file).is_identical(read_mo(compiled))


if __name__ == "__main__":
    found = list(complaints())
    print("\n".join(found) or "The catalogue is complete.")
    sys.exit(bool(found))
