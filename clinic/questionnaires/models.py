"""Answers on record. They are append-only: the latest row counts, and the database refuses to change one."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base
from clinic.questionnaires.answers import Answer, Written, read_back


class QuestionnaireResponse(Base):
    """What was answered to one version of a questionnaire, all or some of it (QuestionnaireResponse).

    `answers` is `{question: [value, day or null]}`. `outcomes` says what they came to then, by what
    the room judged (`{vaccine: [consequence, day or null]}`), `consequence` the gravest of it.
    """

    __tablename__ = "questionnaire_responses"
    __table_args__ = (
        Index("ix_questionnaire_responses_appointment", "appointment_id", "questionnaire", "id"),
        Index("ix_questionnaire_responses_child", "child_id", "questionnaire", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    questionnaire: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    # Before which visit; none if it is asked whatever is booked.
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"))
    answers: Mapped[Written] = mapped_column(JSON)
    outcomes: Mapped[Written] = mapped_column(JSON)
    consequence: Mapped[str] = mapped_column(String(30))
    language: Mapped[str | None] = mapped_column(String(2))  # in which they were asked, if known
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    @property
    def given(self) -> dict[str, Answer]:
        """The answers, by question."""
        return read_back(self.answers)


class AskedAgain(Base):
    """What the desk heard at the check-in about answers that were yes: `still` are the codes of the
    questions that are so by now. The answers stay as they are, for the clinician to judge."""

    __tablename__ = "responses_asked_again"
    __table_args__ = (
        Index("ix_responses_asked_again_appointment", "appointment_id", "id"),
        CheckConstraint("temperature BETWEEN 320 AND 430", name="temperature"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointments.id"))
    response_id: Mapped[int] = mapped_column(ForeignKey("questionnaire_responses.id"))
    still: Mapped[list[str]] = mapped_column(JSON)
    temperature: Mapped[int | None]  # tenths of a degree Celsius
    note: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
