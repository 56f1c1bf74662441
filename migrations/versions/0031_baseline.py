"""The baseline: every table, and what the database promises beside them

It stands for thirty-one migrations of before the first production, and has the revision of the
last of them: a database that is there goes on from 0032.

Revision ID: 0031
Revises:
"""

import sqlalchemy as sa
from alembic import op

from clinic import promises

revision, down_revision = "0031", None
branch_labels = depends_on = None

metadata = sa.MetaData(
    naming_convention={
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        bind.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS btree_gist")  # for EXCLUDE
    metadata.create_all(bind, checkfirst=False)
    promises.install(bind, at=revision)


def downgrade() -> None:
    bind = op.get_bind()
    metadata.drop_all(bind, checkfirst=False)
    promises.drop_functions(bind)


# A column holds something, unless it is said to be nullable.


def column(name: str, kind: object, *, nullable: bool = False, **more: object) -> sa.Column:
    return sa.Column(name, kind, nullable=nullable, **more)


def key() -> sa.Column:
    return sa.Column("id", sa.Integer, primary_key=True)


def ref(name: str, to: str, *, ondelete: str | None = None, **more: object) -> sa.Column:
    return sa.Column(
        name,
        sa.Integer,
        sa.ForeignKey(f"{to}.id", ondelete=ondelete),
        **{"nullable": False, "autoincrement": False} | more,
    )


def text(name: str, length: int, **more: object) -> sa.Column:
    return column(name, sa.String(length), **more)


def number(name: str, **more: object) -> sa.Column:
    return column(name, sa.Integer, **more)


def yes_no(name: str, **more: object) -> sa.Column:
    return column(name, sa.Boolean, **more)


def day(name: str, **more: object) -> sa.Column:
    return column(name, sa.Date, **more)


def moment(name: str, **more: object) -> sa.Column:
    return column(name, sa.DateTime(timezone=True), **more)


def json(name: str, **more: object) -> sa.Column:
    return column(name, sa.JSON, **more)


def check(name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=name)


def index(name: str, *columns: str, where: str | None = None, **more: object) -> sa.Index:
    rule = None if where is None else sa.text(where)
    return sa.Index(name, *columns, sqlite_where=rule, postgresql_where=rule, **more)


def unique(name: str, *columns: str, where: str | None = None) -> sa.Index:
    return index(name, *columns, where=where, unique=True)


def table(name: str, *parts: sa.Column | sa.Constraint | sa.Index, **more: object) -> None:
    sa.Table(name, metadata, *parts, **more)


# audit

table(
    "audit_events",
    key(),
    moment("at"),
    ref("actor_id", "users", nullable=True),
    text("action", 40),
    text("subject", 40),
    number("subject_id", nullable=True),
    number("centre_id", nullable=True),
    json("details"),
    index("ix_audit_events_at", "at"),
    index("ix_audit_events_subject", "subject", "subject_id"),
)

# accounts

table(
    "counters",
    text("key", 120, primary_key=True),
    moment("since"),
    number("count"),
)
table(
    "sign_in_codes",
    key(),
    text("recipient", 120),
    text("code_hash", 200),
    moment("sent_at"),
    moment("expires_at"),
    number("tries"),
    moment("used_at", nullable=True),
    moment("spent_at", nullable=True),
    index("ix_sign_in_codes_recipient", "recipient"),
)
table(
    "users",
    key(),
    text("name", 60),
    text("phone", 20, nullable=True),
    text("email", 120, nullable=True),
    text("password_hash", 200, nullable=True),
    number("epoch"),
    moment("created_at"),
    moment("claimed_at", nullable=True),
    check("phone_or_email", "phone IS NOT NULL OR email IS NOT NULL"),
    sa.UniqueConstraint("email"),
    sa.UniqueConstraint("phone"),
)
table(
    "kept_forms",
    key(),
    ref("user_id", "users"),
    text("page", 300),
    text("action", 300),
    column("typed", sa.Text),
    json("left_out"),
    moment("kept_at"),
    index("ix_kept_forms_kept_at", "kept_at"),
    index("ix_kept_forms_user_id", "user_id"),
)
table(
    "memberships",
    key(),
    ref("user_id", "users"),
    text("role", 20),
    ref("centre_id", "centres", nullable=True),
    check("centre_by_role", "(role IN ('parent', 'admin')) = (centre_id IS NULL)"),
    sa.UniqueConstraint("user_id", "role", "centre_id"),
    unique("uq_memberships_without_centre", "user_id", "role", where="centre_id IS NULL"),
)
table(
    "sent_forms",
    key(),
    text("key_hash", 64),
    ref("user_id", "users"),
    moment("sent_at"),
    column("location", sa.Text, nullable=True),
    json("messages"),
    sa.UniqueConstraint("key_hash"),
    index("ix_sent_forms_sent_at", "sent_at"),
    index("ix_sent_forms_user_id", "user_id"),
)
table(
    "sign_ins",
    key(),
    text("key_hash", 64),
    ref("user_id", "users"),
    number("epoch"),
    text("browser", 60),
    moment("created_at"),
    moment("used_at"),
    moment("present_at"),
    moment("ended_at", nullable=True),
    text("ended_why", 20, nullable=True),
    sa.UniqueConstraint("key_hash"),
    index("ix_sign_ins_user_id", "user_id"),
)

# families

table(
    "children",
    key(),
    text("name", 60),
    text("name_pinyin", 300),
    text("sex", 20),
    day("birth_date"),
    number("birth_weight_g", nullable=True),
    number("gestation_weeks", nullable=True),
    text("allergies", 300),
    text("certificate_no", 400, nullable=True),
    text("identity_no", 400, nullable=True),
    moment("created_at"),
    number("version"),
    check("birth_weight", "birth_weight_g BETWEEN 300 AND 7000"),
    check("gestation_weeks", "gestation_weeks BETWEEN 20 AND 45"),
    index("ix_children_birth_date", "birth_date"),
)
table(
    "consents",
    key(),
    ref("user_id", "users"),
    text("kind", 20),
    text("text_version", 20),
    text("language", 2),
    yes_no("given"),
    moment("at"),
    ref("recorded_by_id", "users"),
    index("ix_consents_user_kind", "user_id", "kind", "id"),
)
table(
    "invitations",
    key(),
    text("token_hash", 64),
    ref("invited_by_id", "users"),
    text("relation", 20),
    moment("created_at"),
    moment("expires_at"),
    moment("accepted_at", nullable=True),
    ref("accepted_by_id", "users", nullable=True),
    moment("revoked_at", nullable=True),
    sa.UniqueConstraint("token_hash"),
    index("ix_invitations_invited_by_id", "invited_by_id"),
)
table(
    "guardianships",
    key(),
    ref("user_id", "users"),
    ref("child_id", "children"),
    text("relation", 20),
    yes_no("is_first"),
    moment("granted_at"),
    ref("granted_by_id", "users"),
    ref("invitation_id", "invitations", nullable=True),
    moment("revoked_at", nullable=True),
    ref("revoked_by_id", "users", nullable=True),
    check("revoked_at_and_by", "(revoked_at IS NULL) = (revoked_by_id IS NULL)"),
    index("ix_guardianships_child_id", "child_id"),
    unique("uq_guardianships_by_invitation", "invitation_id", "child_id"),
    unique("uq_guardianships_live_pair", "user_id", "child_id", where="revoked_at IS NULL"),
)

# centres

table(
    "centres",
    key(),
    text("code", 30),
    text("name_zh", 80),
    text("name_en", 120),
    text("district", 20),
    text("address_zh", 120),
    text("address_en", 160),
    text("about_zh", 300),
    text("about_en", 400),
    text("phone", 30),
    column("latitude", sa.Double()),
    column("longitude", sa.Double()),
    sa.UniqueConstraint("code"),
)
table(
    "services",
    key(),
    text("code", 40),
    text("kind", 20),
    text("name_zh", 60),
    text("name_en", 80),
    text("about_zh", 200),
    text("about_en", 300),
    text("bring_zh", 300),
    text("bring_en", 400),
    number("minutes"),
    number("hold_minutes"),
    number("min_age_months"),
    number("max_age_months"),
    check("hold_minutes", "hold_minutes BETWEEN 1 AND 60"),
    check("minutes", "minutes > 0"),
    sa.UniqueConstraint("code"),
    index("ix_services_kind", "kind"),
)
table(
    "adjusted_days",
    ref("centre_id", "centres", primary_key=True),
    day("day", primary_key=True),
    number("works_as", nullable=True),
    check("works_as", "works_as BETWEEN 0 AND 6"),
)
table(
    "calendar_years",
    number("year", primary_key=True, autoincrement=False),
    json("data"),
    moment("read_at"),
    ref("read_by_id", "users"),
)
table(
    "centre_services",
    ref("centre_id", "centres", primary_key=True),
    ref("service_id", "services", primary_key=True),
    index("ix_centre_services_service_id", "service_id"),
)
table(
    "opening_hours",
    key(),
    ref("centre_id", "centres"),
    number("weekday"),
    column("opens", sa.Time),
    column("closes", sa.Time),
    check("opens_before_closes", "opens < closes"),
    index("ix_opening_hours_centre_id", "centre_id"),
)
table(
    "practitioners",
    key(),
    ref("centre_id", "centres"),
    ref("user_id", "users", nullable=True),
    text("name_zh", 60),
    text("name_en", 80),
    text("title_zh", 60),
    text("title_en", 80),
    sa.UniqueConstraint("user_id", "centre_id"),
    index("ix_practitioners_centre_id", "centre_id"),
)
table(
    "rooms",
    key(),
    ref("centre_id", "centres"),
    text("name_zh", 60),
    text("name_en", 80),
    index("ix_rooms_centre_id", "centre_id"),
)
table(
    "closures",
    key(),
    ref("centre_id", "centres"),
    ref("room_id", "rooms", nullable=True),
    moment("starts_at"),
    moment("ends_at"),
    text("reason_zh", 120),
    text("reason_en", 160),
    moment("made_at"),
    ref("made_by_id", "users"),
    moment("lifted_at", nullable=True),
    ref("lifted_by_id", "users", nullable=True),
    check("lifted", "(lifted_at IS NULL) = (lifted_by_id IS NULL)"),
    check("starts_before_ends", "starts_at < ends_at"),
    index("ix_closures_centre", "centre_id", "starts_at"),
)
table(
    "leaves",
    key(),
    ref("centre_id", "centres"),
    ref("practitioner_id", "practitioners"),
    moment("starts_at"),
    moment("ends_at"),
    text("reason", 120),
    moment("made_at"),
    ref("made_by_id", "users"),
    moment("lifted_at", nullable=True),
    ref("lifted_by_id", "users", nullable=True),
    check("lifted", "(lifted_at IS NULL) = (lifted_by_id IS NULL)"),
    check("starts_before_ends", "starts_at < ends_at"),
    index("ix_leaves_practitioner", "practitioner_id", "starts_at"),
)
table(
    "practitioner_services",
    ref("practitioner_id", "practitioners", primary_key=True),
    ref("service_id", "services", primary_key=True),
)

# scheduling

table(
    "versions",
    number("centre_id", primary_key=True, autoincrement=False),
    day("day", primary_key=True),
    number("number"),
)
table(
    "bookings",
    key(),
    text("reference", 12),
    text("idempotency_key", 80),
    ref("made_by_id", "users"),
    moment("made_at"),
    text("channel", 20),
    sa.UniqueConstraint("idempotency_key"),
    sa.UniqueConstraint("reference"),
    index("ix_bookings_made_by_id", "made_by_id"),
)
table(
    "pause_lifts",
    key(),
    ref("child_id", "children"),
    moment("at"),
    ref("by_id", "users"),
    index("ix_pause_lifts_child_id", "child_id"),
)
table(
    "policies",
    key(),
    text("scope", 30),
    ref("service_id", "services", nullable=True),
    ref("centre_id", "centres", nullable=True),
    json("settings"),
    sa.UniqueConstraint("scope"),
)
table(
    "rota_publications",
    key(),
    ref("centre_id", "centres"),
    moment("published_at"),
    ref("published_by_id", "users"),
    json("kept"),
    json("lost"),
    moment("undone_at", nullable=True),
    ref("undone_by_id", "users", nullable=True),
    check("undone", "(undone_at IS NULL) = (undone_by_id IS NULL)"),
    index("ix_rota_publications_centre", "centre_id", "id"),
)
table(
    "leave_requests",
    key(),
    ref("centre_id", "centres"),
    ref("practitioner_id", "practitioners"),
    moment("starts_at"),
    moment("ends_at"),
    text("reason", 120),
    moment("asked_at"),
    ref("asked_by_id", "users"),
    moment("decided_at", nullable=True),
    ref("decided_by_id", "users", nullable=True),
    yes_no("granted", nullable=True),
    check("decided", "(decided_at IS NULL) = (decided_by_id IS NULL)"),
    check("granted", "(decided_at IS NULL) = (granted IS NULL)"),
    check("starts_before_ends", "starts_at < ends_at"),
    index("ix_leave_requests_centre", "centre_id", "starts_at"),
    index("ix_leave_requests_practitioner", "practitioner_id", "starts_at"),
)
table(
    "rota_rules",
    key(),
    ref("centre_id", "centres"),
    ref("practitioner_id", "practitioners"),
    ref("room_id", "rooms"),
    json("weekdays"),
    column("opens", sa.Time),
    column("closes", sa.Time),
    number("slot_minutes"),
    json("stations"),
    number("capacity"),
    number("online_percent"),
    number("every_weeks"),
    day("valid_from"),
    day("valid_until", nullable=True),
    moment("made_at"),
    ref("made_by_id", "users"),
    check("capacity", "capacity >= 1"),
    check("every_weeks", "every_weeks >= 1"),
    check("online_percent", "online_percent BETWEEN 0 AND 100"),
    check("opens_before_closes", "opens < closes"),
    check("slot_minutes", "slot_minutes > 0"),
    check("valid", "valid_until IS NULL OR valid_from <= valid_until"),
    index("ix_rota_rules_centre", "centre_id", "valid_from"),
)
table(
    "waitlist_entries",
    key(),
    ref("user_id", "users"),
    ref("service_id", "services"),
    json("weekdays"),
    json("parts"),
    day("first_day"),
    day("last_day"),
    moment("created_at"),
    number("lapses"),
    moment("ended_at", nullable=True),
    ref("booking_id", "bookings", nullable=True),
    check("first_before_last", "first_day <= last_day"),
    index("ix_waitlist_entries_service", "service_id", "ended_at"),
    index("ix_waitlist_entries_user_id", "user_id"),
)
table(
    "clinic_sessions",
    key(),
    ref("centre_id", "centres"),
    ref("practitioner_id", "practitioners"),
    ref("room_id", "rooms"),
    moment("starts_at"),
    moment("ends_at"),
    moment("created_at"),
    moment("withdrawn_at", nullable=True),
    ref("withdrawn_by_id", "users", nullable=True),
    ref("rota_rule_id", "rota_rules", nullable=True),
    day("rota_day", nullable=True),
    check("starts_before_ends", "starts_at < ends_at"),
    check("withdrawn", "(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)"),
    index("ix_clinic_sessions_centre", "centre_id", "starts_at"),
    index("ix_clinic_sessions_practitioner", "practitioner_id", "starts_at"),
    index("ix_clinic_sessions_room", "room_id", "starts_at"),
    unique("uq_clinic_sessions_rota", "rota_rule_id", "rota_day"),
)
table(
    "rota_drafts",
    key(),
    ref("centre_id", "centres"),
    text("kind", 20),
    ref("rule_id", "rota_rules", nullable=True),
    day("first_day"),
    ref("practitioner_id", "practitioners", nullable=True),
    ref("room_id", "rooms", nullable=True),
    json("service_ids"),
    json("template"),
    moment("made_at"),
    ref("made_by_id", "users"),
    ref("publication_id", "rota_publications", nullable=True),
    ref("made_rule_id", "rota_rules", nullable=True),
    json("before"),
    json("stayed"),
    check("of_a_rule", "(kind = 'add') = (rule_id IS NULL)"),
    check("somewhere", "(practitioner_id IS NULL) = (room_id IS NULL)"),
    check("with_a_template", "(kind = 'end') = (practitioner_id IS NULL)"),
    index("ix_rota_drafts_centre", "centre_id", "publication_id"),
    unique("uq_rota_drafts_open", "rule_id", where="publication_id IS NULL"),
)
table(
    "rota_rule_services",
    ref("rota_rule_id", "rota_rules", primary_key=True),
    ref("service_id", "services", primary_key=True),
)
table(
    "waitlist_centres",
    ref("entry_id", "waitlist_entries", primary_key=True),
    ref("centre_id", "centres", primary_key=True),
    index("ix_waitlist_centres_centre_id", "centre_id"),
)
table(
    "waitlist_children",
    ref("entry_id", "waitlist_entries", primary_key=True),
    ref("child_id", "children", primary_key=True),
    index("ix_waitlist_children_child_id", "child_id"),
)
table(
    "slots",
    key(),
    ref("clinic_session_id", "clinic_sessions"),
    ref("centre_id", "centres"),
    ref("practitioner_id", "practitioners"),
    moment("starts_at"),
    moment("ends_at"),
    number("capacity"),
    number("online_capacity"),
    moment("desk_until", nullable=True),
    moment("closed_at", nullable=True),
    text("closed_for", 20, nullable=True),
    number("taken"),
    number("online_taken"),
    moment("frees_at", nullable=True),
    check("capacity", "capacity >= 1"),
    check("closed_is_empty", "closed_at IS NULL OR taken = 0"),
    check("online_capacity", "online_capacity BETWEEN 0 AND capacity"),
    check("online_within_share", "online_taken BETWEEN 0 AND online_capacity"),
    check("starts_before_ends", "starts_at < ends_at"),
    check("taken_within_capacity", "taken BETWEEN 0 AND capacity"),
    sa.UniqueConstraint("clinic_session_id", "starts_at"),
    index("ix_slots_practitioner", "practitioner_id", "starts_at"),
)
table(
    "appointments",
    key(),
    ref("booking_id", "bookings"),
    ref("child_id", "children"),
    ref("service_id", "services"),
    ref("centre_id", "centres"),
    ref("practitioner_id", "practitioners"),
    ref("room_id", "rooms"),
    ref("slot_id", "slots"),
    number("slot_count"),
    moment("starts_at"),
    moment("ends_at"),
    text("reason", 300),
    text("note", 1000),
    moment("arrived_at", nullable=True),
    ref("arrived_by_id", "users", nullable=True),
    moment("done_at", nullable=True),
    ref("done_by_id", "users", nullable=True),
    moment("no_show_at", nullable=True),
    ref("no_show_by_id", "users", nullable=True),
    moment("cancelled_at", nullable=True),
    ref("cancelled_by_id", "users", nullable=True),
    text("cancel_reason", 300),
    moment("displaced_at", nullable=True),
    ref("displaced_by_id", "users", nullable=True),
    text("question", 20, nullable=True),
    number("version"),
    moment("changed_at", nullable=True),
    check("arrived", "(arrived_at IS NULL) = (arrived_by_id IS NULL)"),
    check("cancelled", "(cancelled_at IS NULL) = (cancelled_by_id IS NULL)"),
    check("displaced", "(displaced_at IS NULL) = (displaced_by_id IS NULL)"),
    check("done", "(done_at IS NULL) = (done_by_id IS NULL)"),
    check("done_or_not", "done_at IS NULL OR (cancelled_at IS NULL AND no_show_at IS NULL)"),
    check("no_show", "(no_show_at IS NULL) = (no_show_by_id IS NULL)"),
    check("one_ending", "cancelled_at IS NULL OR no_show_at IS NULL"),
    check("slot_count", "slot_count >= 1"),
    check("starts_before_ends", "starts_at < ends_at"),
    index("ix_appointments_booking_id", "booking_id"),
    index("ix_appointments_centre", "centre_id", "starts_at"),
    index("ix_appointments_child", "child_id", "starts_at"),
    index("ix_appointments_displaced", "centre_id", where="displaced_at IS NOT NULL"),
    index("ix_appointments_practitioner", "practitioner_id", "starts_at"),
    index("ix_appointments_slot_id", "slot_id"),
)
table(
    "slot_services",
    ref("service_id", "services", primary_key=True),
    ref("centre_id", "centres", primary_key=True),
    moment("starts_at", primary_key=True),
    ref("slot_id", "slots", primary_key=True),
    moment("ends_at"),
    number("clinic_session_id"),
    number("practitioner_id"),
    moment("opens_at"),
    moment("free_from"),
    yes_no("closed"),
    yes_no("opens_by_hand"),
    index(
        "ix_slot_services_search",
        *("service_id", "centre_id", "starts_at"),
        postgresql_include=[
            *("slot_id", "ends_at", "clinic_session_id", "practitioner_id"),
            *("opens_at", "free_from", "closed"),
        ],
    ).ddl_if(dialect="postgresql"),
    index("ix_slot_services_slot_id", "slot_id"),
    sqlite_with_rowid=False,
)
table(
    "holds",
    key(),
    ref("user_id", "users"),
    ref("child_id", "children"),
    ref("service_id", "services"),
    ref("slot_id", "slots"),
    number("slot_count"),
    text("purpose", 20, server_default="form"),
    ref("lead_id", "holds", nullable=True),
    ref("entry_id", "waitlist_entries", nullable=True),
    ref("moves_id", "appointments", nullable=True),
    ref("booking_id", "bookings", nullable=True),
    text("reason", 300, server_default=""),
    moment("created_at"),
    moment("expires_at"),
    moment("ended_at", nullable=True),
    index("ix_holds_child_id", "child_id"),
    index("ix_holds_entry_id", "entry_id", where="entry_id IS NOT NULL"),
    index("ix_holds_form_leads", "expires_at", where="purpose = 'form' AND lead_id IS NULL"),
    index("ix_holds_lead_id", "lead_id", where="lead_id IS NOT NULL"),
    index("ix_holds_moves_id", "moves_id", where="moves_id IS NOT NULL"),
    index("ix_holds_open_forms", "user_id", where="purpose = 'form' AND booking_id IS NULL"),
    index("ix_holds_user_id", "user_id"),
    unique(
        "uq_holds_live_offer",
        "entry_id",
        where="lead_id IS NULL AND booking_id IS NULL AND ended_at IS NULL",
    ),
    sqlite_autoincrement=True,
)
table(
    "places",
    key(),
    ref("slot_id", "slots"),
    ref("appointment_id", "appointments", nullable=True),
    ref("hold_id", "holds", nullable=True),
    yes_no("online"),
    moment("expires_at", nullable=True),
    check("expires", "(appointment_id IS NULL) = (expires_at IS NOT NULL)"),
    check("one_owner", "appointment_id IS NULL OR hold_id IS NULL"),
    sa.UniqueConstraint("slot_id", "appointment_id"),
    sa.UniqueConstraint("slot_id", "hold_id"),
    index("ix_places_appointment_id", "appointment_id"),
    index("ix_places_hold_id", "hold_id"),
)

# visits

table(
    "desk_versions",
    number("centre_id", primary_key=True, autoincrement=False),
    day("day", primary_key=True),
    number("number"),
)
table(
    "desk_notes",
    key(),
    ref("centre_id", "centres"),
    day("day"),
    moment("at"),
    ref("by_id", "users"),
    text("text", 1000),
    index("ix_desk_notes_centre", "centre_id", "day"),
)
table(
    "ticket_counters",
    ref("centre_id", "centres", primary_key=True),
    day("day", primary_key=True),
    text("kind", 20, primary_key=True),
    number("last"),
)
table(
    "visits",
    key(),
    ref("centre_id", "centres"),
    day("day"),
    ref("child_id", "children"),
    moment("opened_at"),
    ref("opened_by_id", "users"),
    moment("closed_at", nullable=True),
    ref("closed_by_id", "users", nullable=True),
    check("closed", "(closed_at IS NULL) = (closed_by_id IS NULL)"),
    index("ix_visits_child", "child_id", "day"),
    unique("uq_visits_open", "centre_id", "day", "child_id", where="closed_at IS NULL"),
)
table(
    "tickets",
    key(),
    ref("visit_id", "visits"),
    ref("centre_id", "centres"),
    day("day"),
    text("kind", 20),
    number("number"),
    ref("own_room_id", "rooms"),
    number("slot_minutes"),
    text("state", 20),
    text("station", 20),
    ref("room_id", "rooms", nullable=True),
    column("place", sa.Double()),
    moment("since"),
    moment("called_at", nullable=True),
    number("steps"),
    check("called_to_a_room", "state <> 'called' OR room_id IS NOT NULL"),
    check("number", "number >= 1"),
    index("ix_tickets_visit_id", "visit_id"),
    unique("uq_tickets_busy", "visit_id", where="state IN ('called', 'with')"),
    unique("uq_tickets_number", "centre_id", "day", "kind", "number"),
)
table(
    "ticket_steps",
    key(),
    ref("ticket_id", "tickets"),
    number("number"),
    ref("centre_id", "centres"),
    day("day"),
    text("verb", 20),
    moment("at"),
    ref("by_id", "users"),
    number("served", nullable=True),
    text("served_at", 20, nullable=True),
    number("undoes", nullable=True),
    text("state", 20),
    text("station", 20),
    ref("room_id", "rooms", nullable=True),
    column("place", sa.Double()),
    moment("since"),
    moment("called_at", nullable=True),
    index("ix_ticket_steps_pace", "centre_id", "day"),
    unique("uq_ticket_steps_number", "ticket_id", "number"),
)

# vaccination

table(
    "record_versions",
    number("child_id", primary_key=True, autoincrement=False),
    number("number"),
)
table(
    "stock_versions",
    number("centre_id", primary_key=True, autoincrement=False),
    text("vaccine", 20, primary_key=True),
    number("number"),
)
table(
    "vaccine_products",
    key(),
    text("vaccine", 20),
    text("name_zh", 80),
    text("name_en", 120),
    text("manufacturer", 80),
    yes_no("free"),
    yes_no("active"),
    sa.UniqueConstraint("vaccine", "manufacturer"),
)
table(
    "child_conditions",
    key(),
    ref("child_id", "children"),
    text("code", 30),
    day("on", nullable=True),
    moment("recorded_at"),
    ref("recorded_by_id", "users"),
    moment("ended_at", nullable=True),
    ref("ended_by_id", "users", nullable=True),
    check("ended", "(ended_at IS NULL) = (ended_by_id IS NULL)"),
    index("ix_child_conditions_child_id", "child_id"),
)
table(
    "import_drafts",
    key(),
    ref("by_id", "users"),
    moment("made_at"),
    column("text", sa.Text),
    index("ix_import_drafts_by_id", "by_id"),
)
table(
    "stock",
    ref("centre_id", "centres", primary_key=True),
    text("vaccine", 20, primary_key=True),
    number("on_hand"),
    number("promised"),
    check("promised", "promised BETWEEN 0 AND on_hand"),
)
table(
    "vaccine_lots",
    key(),
    ref("centre_id", "centres"),
    ref("product_id", "vaccine_products"),
    text("number", 40),
    day("expires_on"),
    number("received"),
    number("used"),
    number("wasted"),
    moment("recalled_at", nullable=True),
    ref("recalled_by_id", "users", nullable=True),
    text("recall_reason", 120),
    check("enough", "received >= used + wasted"),
    check("not_negative", "used >= 0 AND wasted >= 0"),
    check("recalled", "(recalled_at IS NULL) = (recalled_by_id IS NULL)"),
    sa.UniqueConstraint("centre_id", "product_id", "number"),
)
table(
    "adverse_events",
    key(),
    ref("appointment_id", "appointments"),
    ref("child_id", "children"),
    ref("centre_id", "centres"),
    text("symptom", 300),
    moment("onset_at"),
    text("treatment", 500),
    text("outcome", 300),
    moment("opened_at"),
    ref("opened_by_id", "users"),
    moment("closed_at", nullable=True),
    ref("closed_by_id", "users", nullable=True),
    check("closed", "(closed_at IS NULL) = (closed_by_id IS NULL)"),
    check("outcome", "closed_at IS NULL OR outcome <> ''"),
    index("ix_adverse_events_appointment_id", "appointment_id"),
)
table(
    "immunizations",
    key(),
    ref("child_id", "children"),
    text("vaccine", 20),
    number("dose_number", nullable=True),
    day("given_on"),
    moment("given_at", nullable=True),
    text("lot_number", 40),
    text("manufacturer", 80),
    text("site", 40),
    text("route", 10),
    ref("centre_id", "centres", nullable=True),
    ref("performed_by_id", "users", nullable=True),
    ref("appointment_id", "appointments", nullable=True),
    text("source", 20),
    moment("entered_at"),
    ref("entered_by_id", "users"),
    moment("verified_at", nullable=True),
    ref("verified_by_id", "users", nullable=True),
    moment("voided_at", nullable=True),
    ref("voided_by_id", "users", nullable=True),
    text("void_reason", 120),
    check("dose_number", "dose_number BETWEEN 1 AND 9"),
    check("verified", "(verified_at IS NULL) = (verified_by_id IS NULL)"),
    check("voided", "(voided_at IS NULL) = (voided_by_id IS NULL)"),
    index("ix_immunizations_child_id", "child_id"),
    unique(
        "uq_immunizations_live_day", "child_id", "vaccine", "given_on", where="voided_at IS NULL"
    ),
)
table(
    "informed_consents",
    key(),
    ref("appointment_id", "appointments"),
    ref("child_id", "children"),
    text("vaccine", 20),
    number("dose_number"),
    text("text_version", 20),
    text("language", 2),
    yes_no("given"),
    moment("at"),
    ref("by_id", "users"),
    index("ix_informed_consents_visit", "appointment_id", "vaccine", "id"),
)
table(
    "vaccination_observations",
    key(),
    ref("appointment_id", "appointments"),
    ref("centre_id", "centres"),
    moment("started_at"),
    moment("ends_at"),
    moment("left_at", nullable=True),
    ref("left_by_id", "users", nullable=True),
    text("early_reason", 300),
    moment("over_noted_at", nullable=True),
    ref("over_noted_by_id", "users", nullable=True),
    check("early", "left_at IS NULL OR left_at >= ends_at OR early_reason <> ''"),
    check("ends_after_start", "started_at < ends_at"),
    check("left", "(left_at IS NULL) = (left_by_id IS NULL)"),
    check("noted_when_over", "over_noted_at >= ends_at"),
    check("over_noted", "(over_noted_at IS NULL) = (over_noted_by_id IS NULL)"),
    sa.UniqueConstraint("appointment_id"),
    index("ix_vaccination_observations_centre", "centre_id", "left_at"),
)
table(
    "vaccination_screenings",
    key(),
    ref("appointment_id", "appointments"),
    ref("child_id", "children"),
    json("answers"),
    json("outcomes"),
    text("verdict", 20),
    text("rules_version", 20),
    text("language", 2),
    moment("at"),
    ref("by_id", "users"),
    index("ix_vaccination_screenings_visit", "appointment_id", "id"),
)
table(
    "dose_promises",
    key(),
    ref("appointment_id", "appointments", nullable=True),
    ref("hold_id", "holds", ondelete="CASCADE", nullable=True),
    ref("child_id", "children"),
    ref("centre_id", "centres"),
    text("vaccine", 20),
    text("series", 20),
    number("dose_number"),
    moment("made_at"),
    moment("released_at", nullable=True),
    text("why_released", 20, nullable=True),
    check("one_owner", "(appointment_id IS NULL) <> (hold_id IS NULL)"),
    check("released", "(released_at IS NULL) = (why_released IS NULL)"),
    index("ix_dose_promises_appointment_id", "appointment_id"),
    index("ix_dose_promises_child_id", "child_id"),
    index("ix_dose_promises_hold_id", "hold_id"),
    index("ix_dose_promises_live", "centre_id", "vaccine", where="released_at IS NULL"),
    index(
        "ix_dose_promises_lost",
        "centre_id",
        "vaccine",
        where="why_released IN ('recalled', 'wasted')",
    ),
    unique(
        "uq_dose_promises_booked",
        "child_id",
        "series",
        where="released_at IS NULL AND appointment_id IS NOT NULL",
    ),
)
table(
    "given_doses",
    key(),
    ref("immunization_id", "immunizations"),
    ref("lot_id", "vaccine_lots"),
    json("checks"),
    text("reason", 300),
    sa.UniqueConstraint("immunization_id"),
    index("ix_given_doses_lot_id", "lot_id"),
)
table(
    "health_asked_again",
    key(),
    ref("appointment_id", "appointments"),
    ref("screening_id", "vaccination_screenings"),
    json("still"),
    number("temperature", nullable=True),
    text("note", 300),
    moment("at"),
    ref("by_id", "users"),
    check("temperature", "temperature BETWEEN 320 AND 430"),
    index("ix_health_asked_again_visit", "appointment_id", "id"),
)
table(
    "immunization_corrections",
    key(),
    ref("immunization_id", "immunizations"),
    number("number"),
    json("was"),
    text("reason", 120),
    moment("at"),
    ref("by_id", "users"),
    check("reason", "reason <> ''"),
    unique("uq_immunization_corrections_number", "immunization_id", "number"),
)

# checkups

table(
    "parent_heights",
    ref("child_id", "children", primary_key=True),
    number("mother_mm"),
    number("father_mm"),
    moment("saved_at"),
    ref("saved_by_id", "users"),
    check("father", "father_mm BETWEEN 1200 AND 2200"),
    check("mother", "mother_mm BETWEEN 1200 AND 2200"),
)
table(
    "check_visits",
    key(),
    ref("child_id", "children"),
    ref("centre_id", "centres"),
    ref("appointment_id", "appointments", nullable=True),
    text("visit", 4),
    day("done_on"),
    number("version"),
    moment("saved_at"),
    ref("saved_by_id", "users"),
    moment("finished_at", nullable=True),
    ref("finished_by_id", "users", nullable=True),
    check("finished", "(finished_at IS NULL) = (finished_by_id IS NULL)"),
    check("version", "version >= 1"),
    sa.UniqueConstraint("appointment_id"),
    index("ix_check_visits_child_id", "child_id"),
)
table(
    "measurements",
    day("measured_on"),
    text("kind", 20),
    number("amount"),
    text("how", 20, nullable=True),
    key(),
    ref("child_id", "children"),
    ref("check_visit_id", "check_visits", nullable=True),
    text("source", 20),
    moment("entered_at"),
    ref("entered_by_id", "users"),
    moment("voided_at", nullable=True),
    ref("voided_by_id", "users", nullable=True),
    check("how", "how IS NULL OR kind = 'length'"),
    check("how_known", "how IN ('lying', 'standing')"),
    check(
        "plausible",
        "(kind = 'weight' AND amount BETWEEN 300 AND 200000) OR (kind = 'length' AND amount BETWEEN 200 AND 2200) OR (kind = 'head' AND amount BETWEEN 150 AND 700) OR (kind = 'haemoglobin' AND amount BETWEEN 20 AND 250) OR (kind = 'temperature' AND amount BETWEEN 320 AND 430)",
    ),
    check("source", "(check_visit_id IS NOT NULL) = (source = 'clinic')"),
    check("source_known", "source IN ('clinic', 'parent')"),
    check("voided", "(voided_at IS NULL) = (voided_by_id IS NULL)"),
    index("ix_measurements_child", "child_id", "measured_on"),
    unique(
        "uq_measurements_live_check",
        "check_visit_id",
        "kind",
        where="voided_at IS NULL AND check_visit_id IS NOT NULL",
    ),
    unique(
        "uq_measurements_live_home",
        "child_id",
        "measured_on",
        "kind",
        where="voided_at IS NULL AND check_visit_id IS NULL",
    ),
)
table(
    "screenings",
    text("visit", 4),
    text("code", 40),
    text("value", 1000),
    key(),
    ref("child_id", "children"),
    ref("check_visit_id", "check_visits", nullable=True),
    text("source", 20),
    moment("entered_at"),
    ref("entered_by_id", "users"),
    moment("voided_at", nullable=True),
    ref("voided_by_id", "users", nullable=True),
    check("not_empty", "length(code) >= 1 AND length(value) >= 1"),
    check("source", "(check_visit_id IS NOT NULL) = (source = 'clinic')"),
    check("source_known", "source IN ('clinic', 'parent')"),
    check("voided", "(voided_at IS NULL) = (voided_by_id IS NULL)"),
    index("ix_screenings_child_id", "child_id"),
    unique(
        "uq_screenings_live_answer",
        "child_id",
        "visit",
        "code",
        where="voided_at IS NULL AND check_visit_id IS NULL",
    ),
    unique(
        "uq_screenings_live_check",
        "check_visit_id",
        "code",
        where="voided_at IS NULL AND check_visit_id IS NOT NULL",
    ),
)

# The site itself

table(
    "demo_messages",
    key(),
    text("recipient", 120),
    text("text", 500),
    moment("sent_at"),
    index("ix_demo_messages_sent_at", "sent_at"),
)
table(
    "site_marks",
    text("name", 20, primary_key=True),
    moment("made_at"),
)
table(
    "calendar_feeds",
    key(),
    ref("user_id", "users"),
    text("token_hash", 64),
    moment("made_at"),
    moment("revoked_at", nullable=True),
    sa.UniqueConstraint("token_hash"),
    unique("uq_calendar_feeds_live", "user_id", where="revoked_at IS NULL"),
)
