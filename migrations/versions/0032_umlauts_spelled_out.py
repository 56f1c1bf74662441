"""Names with umlauts are found by their spelling without them

`children.name_pinyin` held `muller` for Müller; now it holds `muller/mueller`. Only names with
such letters are written anew.

The way back changes nothing: a key that is not asked for does no harm.

Revision ID: 0032
Revises: 0031
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0032", "0031"
branch_labels = depends_on = None

BATCH = 5000
TWO_FOR_ONE = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}
# A word of such a name, as the keys were made of it; what stands between words.
WORD = re.compile("[^-‐‑‒–—―−﹘﹣－·•‧∙⋅․・･˙．。｡.\\s]+")
STROKES = str.maketrans(
    {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)

children = sa.table(
    "children", sa.column("id", sa.Integer), sa.column("name"), sa.column("name_pinyin")
)


def plain(word: str) -> str:
    """A word as keys have it: without accents, case and apostrophes."""
    apart = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", word))
    return re.sub("['’‘ʼʻʹ`´′＇]", "", apart.casefold().translate(STROKES))


def with_both(name: str, keys: str) -> str:
    """The keys, with the second spelling beside each word that has one."""
    second = {}
    for word in WORD.findall(unicodedata.normalize("NFC", name).casefold()):
        spelled_out = plain(word.translate(str.maketrans(TWO_FOR_ONE)))
        if spelled_out != plain(word):
            second[plain(word)] = f"{plain(word)}/{spelled_out}"
    parts = [second.get(key, key) for key in keys.split()]
    while len(text := " ".join(parts)) > 300:
        parts.pop()
    return text


def upgrade() -> None:
    bind = op.get_bind()
    is_postgres = bind.dialect.name == "postgresql"
    if is_postgres:  # what is on record of a child does not change
        bind.exec_driver_sql("ALTER TABLE children DISABLE TRIGGER USER")
    last = 0
    after = sa.select(children).order_by(children.c.id).limit(BATCH)
    keep = (
        children.update()
        .where(children.c.id == sa.bindparam("child"))
        .values(name_pinyin=sa.bindparam("keys"))
    )
    while rows := bind.execute(after.where(children.c.id > last)).all():
        keys = [{"child": row.id, "keys": with_both(row.name, row.name_pinyin)} for row in rows]
        before = {row.id: row.name_pinyin for row in rows}
        if changed := [pair for pair in keys if pair["keys"] != before[pair["child"]]]:
            bind.execute(keep, changed)
        last = rows[-1].id
    if is_postgres:
        bind.exec_driver_sql("ALTER TABLE children ENABLE TRIGGER USER")


def downgrade() -> None:
    pass
