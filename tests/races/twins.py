"""What is replaced in the site by the races: each name once, so that what moves is changed here.

A twin is the site without one of its protections, which must then go wrong: `replace` puts a
stand-in where the site looks for a function. `tests/test_twins.py` holds that every name is there,
and that no race replaces anything past this table.
"""

from pkgutil import resolve_name

REPLACED = {
    # locks
    "lock_slots": "clinic.scheduling.places.lock",
    "lock_to_take": "clinic.scheduling.places.lock_to_take",
    "lock_family": "clinic.scheduling.places.lock_family",
    "lock_children": "clinic.scheduling.places.lock_children",
    "lock_if_free": "clinic.scheduling.places.lock_if_free",
    "slots_around": "clinic.scheduling.places.slots_around",
    "slots_of_offers": "clinic.scheduling.changes.applying.slots_of_offers",
    "one_change_at_a_time": "clinic.scheduling.changes.applying.one_at_a_time",
    "one_leave_at_a_time": "clinic.scheduling.changes.leaves.one_at_a_time",
    "one_reopening_at_a_time": "clinic.scheduling.changes.reopening.one_at_a_time",
    "one_rota_at_a_time": "clinic.scheduling.rota.publishing.one_at_a_time",
    "one_timetable_at_a_time": "clinic.scheduling.timetable.rota.one_at_a_time",
    "one_extension_at_a_time": "clinic.scheduling.timetable.extending.one_at_a_time",
    "lock_visit": "clinic.vaccination.jab.giving.lock_row",
    "lock_lots": "clinic.vaccination.jab.giving.lock_all",
    "lock_stock": "clinic.vaccination.stock.using.lock",
    "with_for_update": "sqlalchemy.Select.with_for_update",
    # places, holds, bookings
    "take_place": "clinic.scheduling.places.take",
    "free_places": "clinic.scheduling.places.free",
    "end_holds": "clinic.scheduling.places.end_holds",
    "end_new_times": "clinic.scheduling.places.end_new_times",
    "slots_for": "clinic.booking.counted_hold.slots_for",
    "verdict_on_hold": "clinic.scheduling.verdict.verdict.verdict",
    "must_seem_free": "clinic.scheduling.appointments.holding.must_seem_free",
    "verdict_on_booking": "clinic.scheduling.appointments.booking.verdict",
    "book": "clinic.scheduling.appointments.booking.book",
    "cancel_all": "clinic.scheduling.appointments.booking.cancel_all",
    "add_booking": "clinic.scheduling.appointments.rows.add_booking",
    "add_hold": "clinic.scheduling.appointments.rows.add_hold",
    "whoever_is_free": "clinic.scheduling.appointments.anyone.whoever_is_free",
    "kept_for": "clinic.scheduling.appointments.new_times.kept_for",
    "delete_unused": "clinic.scheduling.appointments.old_forms._delete_unused",
    "delete_used": "clinic.scheduling.appointments.old_forms._delete_used",
    "do_in_round": "clinic.scheduling.rounds.Round.do",
    "have_offers": "clinic.scheduling.waitlist.offering.have_offers",
    "on_freed": "clinic.scheduling.waitlist.offering.on_freed",
    "in_one_transaction": "clinic.booking.hold_pages.in_one_transaction",
    "hold_in_one_transaction": "clinic.booking.counted_hold.in_one_transaction",
    # hours and the rota
    "preview_change": "clinic.scheduling.changes.applying.preview",
    "is_shut": "clinic.scheduling.changes.shutting_behind.is_shut",
    "shut_behind": "clinic.scheduling.changes.shutting_behind.shut_behind",
    "lifting": "clinic.scheduling.timetable.closings.lifting",
    "remove_closings": "clinic.scheduling.timetable.closings.remove",
    "check_leave": "clinic.scheduling.changes.leaves.check_leave",
    "decide_leave": "clinic.scheduling.changes.leaves._decide",
    "withdraw_leave": "clinic.scheduling.changes.leaves.withdraw_leave",
    "rota_must_be_as_shown": "clinic.scheduling.rota.publishing._must_be_as_shown",
    "booked_online": "clinic.scheduling.rota.session_moving.booked_online",
    "keep_times": "clinic.scheduling.rota.session_moving.keep_times",
    # the day
    "mark_all_no_show": "clinic.scheduling.day.attendance.mark_all_no_show",
    "finish_visit": "clinic.scheduling.day.attendance.finish",
    "by_kind": "clinic.visits.arriving.by_kind",
    "take_step": "clinic.visits.arriving.take_step",
    "seen": "clinic.visits.recorded.seen",
    "child_at_desk": "clinic.desk.walk_ins._child",
    # vaccines and records
    "observe": "clinic.vaccination.jab.giving._observe",
    "as_on_record": "clinic.vaccination.jab.giving._as_on_record",
    "observation_of": "clinic.vaccination.jab.queries.observation_of",
    "history_of": "clinic.vaccination.record.recording.history_of",
    "corrections_of": "clinic.vaccination.record.recording.corrections_of",
    "record_must_be_as_shown": "clinic.vaccination.record.recording.must_be_as_shown",
    "must_have_doses": "clinic.vaccination.stock.reserving._must_have",
    "must_be_good": "clinic.vaccination.stock.using.must_be_good",
    "can_keep": "clinic.vaccination.stock.using.can_keep",
    "dependents": "clinic.families.reconciling.DEPENDENTS",
    # people
    "must_care_for": "clinic.scheduling.waitlist.joining.must_care_for",
    "use_up_invitation": "clinic.families.registering._use_up",
    "user_to_claim": "clinic.accounts.joining.find_user",
    "use_up_link": "clinic.accounts.one_time_links.use_up",
    "use_up_staff_invitation": "clinic.accounts.staff_invitations._use_up",
    "must_leave_another_administrator": "clinic.accounts.memberships._must_leave_another",
    "live_feed": "clinic.calendar.feeds.live_feed",
    "leave": "clinic.accounts.entering.leave",
    "begin_sign_in": "clinic.accounts.sign_ins.begin",
    "remember_browser": "clinic.accounts.known_browsers.remember",
    "note_use": "clinic.accounts.sign_ins.note_use",
    "take_code_step": "clinic.accounts.second_factor._take_step",
    "spend_try": "clinic.accounts.tries._spend",
    "spend_proof": "clinic.accounts.codes.spend_proof",
    "record_event": "clinic.audit.record",
}


def original(name):
    """What the site has there now."""
    owner, attribute = where(name)
    return getattr(owner, attribute)


def replace(put=setattr, /, **stand_ins):
    """Put each stand-in where the table says; with `monkeypatch.setattr`, until the test is over."""
    for name, stand_in in stand_ins.items():
        original(name)  # or it stands in for nothing
        put(*where(name), stand_in)


def where(name):
    """The module or class, and the name in it."""
    owner, _, attribute = REPLACED[name].rpartition(".")
    return resolve_name(owner), attribute


def nothing(*_, **__):
    """Stands in for what locks or refuses."""


def none(*_, **__):
    """Stands in for what finds reasons or rows."""
    return []
