"""Children (Patient), their guardians (RelatedPerson), invitations, and consents (Consent)."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.accounts.models import User
from clinic.db import Base, PersonName
from clinic.sealing import Sealed


class Sex(StrEnum):
    """Administrative sex, as in FHIR."""

    FEMALE = "female"
    MALE = "male"


class Relation(StrEnum):
    """What a guardian is to the child."""

    MOTHER = "mother"
    FATHER = "father"
    GRANDPARENT = "grandparent"
    OTHER = "other"


class Child(Base):
    """A child. Weight at birth in grams, gestation in completed weeks."""

    __tablename__ = "children"
    __table_args__ = (
        CheckConstraint("birth_weight_g BETWEEN 300 AND 7000", name="birth_weight"),
        CheckConstraint("gestation_weeks BETWEEN 20 AND 45", name="gestation_weeks"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(PersonName(60))
    # For finding at the desk: all readings of each part, "wang yi he/hu/huo".
    name_pinyin: Mapped[str] = mapped_column(String(300), default="")
    sex: Mapped[Sex]
    birth_date: Mapped[date] = mapped_column(index=True)
    birth_weight_g: Mapped[int | None]
    gestation_weeks: Mapped[int | None]
    allergies: Mapped[str] = mapped_column(String(300), default="")
    certificate_no_sealed: Mapped[str | None] = mapped_column("certificate_no", String(400))
    identity_no_sealed: Mapped[str | None] = mapped_column("identity_no", String(400))
    certificate_no, identity_no = Sealed(), Sealed()
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    guardianships: Mapped[list["Guardianship"]] = relationship(
        back_populates="child", order_by="Guardianship.id"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own spelling


class Guardianship(Base):
    """A user cares for a child, from a moment until it is revoked."""

    __tablename__ = "guardianships"
    __table_args__ = (
        Index(
            "uq_guardianships_live_pair",
            "user_id",
            "child_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL)", name="revoked_at_and_by"),
        # An invitation admits one person, whatever happens at the same moment.
        Index("uq_guardianships_by_invitation", "invitation_id", "child_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"), index=True)
    relation: Mapped[Relation]
    # The guardian who registered the child may invite and revoke others.
    is_first: Mapped[bool] = mapped_column(default=False)
    granted_at: Mapped[datetime]
    granted_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitations.id"))
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    user: Mapped[User] = relationship(foreign_keys=user_id)
    child: Mapped[Child] = relationship(back_populates="guardianships")


class Invitation(Base):
    """A link by which a second guardian comes to see the children that the inviter may share."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    relation: Mapped[Relation]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    revoked_at: Mapped[datetime | None]

    invited_by: Mapped[User] = relationship(foreign_keys=invited_by_id)


class ConsentKind(StrEnum):
    """What can be agreed to. Each has its own text with its own version."""

    PRIVACY = "privacy"
    CHILDREN_UNDER_14 = "children_under_14"


class Consent(Base):
    """Somebody agreed to a text, or withdrew. Append-only: the latest row of a kind counts."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_user_kind", "user_id", "kind", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[ConsentKind]
    text_version: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(2))
    given: Mapped[bool]
    at: Mapped[datetime]
    # Who recorded it: the user, or reception for a family at the desk.
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
