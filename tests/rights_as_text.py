"""The table of rights as docs/rights.md has it: `python -m tests.rights_as_text` writes it anew."""

import re

from clinic.accounts.rights import DUTIES, TABLE
from clinic.accounts.rights_page import WORDS
from clinic.config import ROOT

FILE = ROOT / "docs" / "rights.md"
BEGIN, END = "<!-- the table -->\n", "<!-- end -->\n"


def table_as_text():
    """A row for each deed, a column for each duty: yes, own, or nothing."""
    head = ["", "", *(WORDS[duty] for duty in DUTIES), "a visit near"]
    lines = [head, ["---"] * len(head)]
    for right in TABLE.values():
        marks = [
            "yes" if duty in right.all else "own" if duty in right.own else "" for duty in DUTIES
        ]
        needs = "" if right.needs == "nothing" else f"for the {right.needs}"
        lines.append([right.thing, right.words, *marks, needs])
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


if __name__ == "__main__":
    text = FILE.read_text("utf-8")
    whole = re.compile(f"{BEGIN}.*?{END}", re.DOTALL)
    FILE.write_text(whole.sub(lambda _: BEGIN + table_as_text() + END, text), "utf-8")
