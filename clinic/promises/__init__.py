"""What the database itself refuses and counts, whoever writes to it: SQL, one file a table and engine.

`postgresql/` and `sqlite/` say what is true now: EXCLUDE constraints, triggers and their functions, each
under a comment that says what it promises. (CHECKs, keys and indexes stand in the models.) A migration
installs copies that lie beside it, `migrations/promises/<revision>/`, so that an old one still
installs what was true then; `./dev check` holds that the last copies and these files agree.
docs/architecture.md says step by step how to change one.
"""

from clinic.promises.comparing import differences
from clinic.promises.files import HERE, Promise, copy_for, read, tables_with_promises
from clinic.promises.installing import batch, drop, drop_functions, install

__all__ = [
    "HERE",
    "Promise",
    "batch",
    "copy_for",
    "differences",
    "drop",
    "drop_functions",
    "install",
    "read",
    "tables_with_promises",
]
