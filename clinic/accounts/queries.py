"""Finding users."""

from sqlalchemy import bindparam, select

from clinic.accounts.models import Held, KeptForm, Membership, SignedIn, SignIn, User
from clinic.db import db
from clinic.prepared import Prepared

_users, _held, _sign_ins = User.__table__.c, Membership.__table__.c, SignIn.__table__.c
# Built once: every page of a signed-in user begins with it.
WHO = Prepared(
    select(
        _users.id,
        _users.name,
        _held.role,
        _held.centre_id,
        _held.profession,
        _sign_ins.id.label("sign_in_id"),
        _sign_ins.used_at,
        _sign_ins.present_at,
        select(KeptForm.id).where(KeptForm.user_id == _users.id).exists().label("has_kept_forms"),
        _sign_ins.proved_at,
        _sign_ins.has_second,
        _sign_ins.browser_id,
        _sign_ins.new_browser_id,
    )
    .join_from(SignIn.__table__, User.__table__, _users.id == _sign_ins.user_id)
    .outerjoin(Membership.__table__, _held.user_id == _users.id)
    .where(
        _sign_ins.key_hash == bindparam("key_hash"),
        _sign_ins.ended_at.is_(None),
        _sign_ins.epoch == _users.epoch,
    )
)


def user_of_sign_in(key_hash: str) -> SignedIn | None:
    """Who is signed in by the key of that hash, however long ago it was used."""
    rows = WHO.all(key_hash=key_hash)
    if not rows:
        return None
    held = frozenset(
        Held(row.role, row.centre_id, row.profession) for row in rows if row.role is not None
    )
    one = rows[0]
    return SignedIn(
        one.id,
        one.name,
        held,
        one.sign_in_id,
        one.used_at,
        one.present_at,
        one.has_kept_forms,
        one.proved_at,
        one.has_second,
        one.browser_id,
        one.new_browser_id,
    )


def find_user(contact: str, *, lock: bool = False) -> User | None:
    """The user with this normalised phone (`+86…`) or e-mail address."""
    field = User.email if "@" in contact else User.phone
    found = select(User).where(field == contact)
    if lock:
        found = found.with_for_update(of=User).execution_options(populate_existing=True)
    return db.session.scalar(found)
