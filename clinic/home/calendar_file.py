"""An appointment as a calendar file (RFC 5545, 5546), for the calendar on a phone. It names no child.

The file of the same appointment has the same UID and a SEQUENCE that grows with each change, so
that taking the newer file in moves the entry. Of an appointment that is cancelled, or whose time
the centre took back, the file removes the entry: METHOD:CANCEL, and no reminder rings.
"""

from datetime import timedelta

from icalendar import Alarm, Calendar, Event, vCalAddress

from clinic import clock
from clinic.centres.models import Centre
from clinic.hosts import public_url
from clinic.i18n import name_of
from clinic.scheduling.models import Appointment
from clinic.scheduling.references import spoken
from clinic.scheduling.status import Status, last_changed, status_of

OFF = (Status.CANCELLED, Status.DISPLACED)
REMIND_BEFORE = timedelta(days=1)


def as_calendar(appointment: Appointment) -> bytes:
    """The file; its centre, service and booking must be loaded."""
    is_off = status_of(appointment) in OFF
    event = _event(appointment)
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    if not is_off:
        event.add_component(_reminder(appointment))
    calendar = Calendar()
    calendar.add("prodid", "-//clinic//appointments//")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if is_off else "PUBLISH")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(appointment: Appointment) -> Event:
    centre, changed = appointment.centre, last_changed(appointment)
    event = Event()
    event.add("uid", f"{appointment.booking.reference}-{appointment.id}@appointments")
    event.add("sequence", appointment.version)
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    event.add("dtstart", appointment.starts_at.astimezone(clock.zone()))
    event.add("dtend", appointment.ends_at.astimezone(clock.zone()))
    event.add("summary", name_of(appointment.service))
    event.add("location", f"{name_of(centre)}, {name_of(centre, 'address')}")
    event.add("geo", (centre.latitude, centre.longitude))
    event.add("organizer", _organizer(centre))
    event.add("description", spoken(appointment.booking.reference))
    event.add("url", public_url("appointments.show", appointment_id=appointment.id))
    return event


def _organizer(centre: Centre) -> vCalAddress:
    """The centre by its page, as it has no e-mail address: RFC 5546 (3.2.1, 3.2.5) asks for one."""
    address = vCalAddress(public_url("home.centre", code=centre.code))
    address.params["CN"] = name_of(centre)
    return address


def _reminder(appointment: Appointment) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", name_of(appointment.service))
    alarm.add("trigger", -REMIND_BEFORE)
    return alarm
