"""Names are found by every reading of every character

`children.name_pinyin` held two spellings a name, with all readings of the surname only; now it
holds each part with all its readings. All rows are written anew, some thousands at a time.

The way back changes nothing: the code before it finds these children by their names.

Revision ID: 0023
Revises: 0022
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op
from pypinyin import Style, pinyin

revision, down_revision = "0023", "0022"
branch_labels = depends_on = None

BATCH = 5000
HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
BETWEEN = "-‐‑‒–—―−﹘﹣－·•‧∙⋅․・･˙．。｡."
WORDS = re.compile(f"[{HAN}]|[^{HAN}{BETWEEN}\\s]+")
NO_DICTIONARY = {"黑": ["he"]}  # read so as a surname
STROKES = str.maketrans(
    {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)

children = sa.table(
    "children", sa.column("id", sa.Integer), sa.column("name"), sa.column("name_pinyin")
)


def search_keys(name: str) -> str:
    keys = ["/".join(readings(word)) for word in WORDS.findall(name)]
    while len(text := " ".join(keys)) > 300:
        keys.pop()
    return text


def readings(word: str) -> list[str]:
    if not re.match(f"[{HAN}]", word):
        apart = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", word))
        return [re.sub("['’‘ʼʻʹ`´′＇]", "", apart.casefold().translate(STROKES))]
    found = pinyin(word, style=Style.NORMAL, heteronym=True)[0]
    return [*dict.fromkeys(found + NO_DICTIONARY.get(word, []))]


def upgrade() -> None:
    bind = op.get_bind()
    is_postgres = bind.dialect.name == "postgresql"
    if is_postgres:  # what is on record of a child does not change
        bind.exec_driver_sql("ALTER TABLE children DISABLE TRIGGER USER")
    last = 0
    after = sa.select(children.c.id, children.c.name).order_by(children.c.id).limit(BATCH)
    keep = (
        children.update()
        .where(children.c.id == sa.bindparam("child"))
        .values(name_pinyin=sa.bindparam("keys"))
    )
    while rows := bind.execute(after.where(children.c.id > last)).all():
        bind.execute(keep, [{"child": row.id, "keys": search_keys(row.name)} for row in rows])
        last = rows[-1].id
    if is_postgres:
        bind.exec_driver_sql("ALTER TABLE children ENABLE TRIGGER USER")


def downgrade() -> None:
    pass
