"""Several at once: one trip for siblings, or for a check and then a vaccination.

Nothing here writes. What is found is held and booked as a list, every place or none.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from clinic.clock import clinic_day
from clinic.scheduling.policies.policy import Policy
from clinic.scheduling.policies.stored import policies
from clinic.scheduling.verdict import rules
from clinic.scheduling.verdict.diaries import Diary, diary_of
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import SlotTime
from clinic.scheduling.verdict.verdict import applicant_for


@dataclass(frozen=True)
class Trip:
    """Times that make one trip, in the order of the wishes, all at one centre."""

    offers: tuple[SlotTime, ...]

    @property
    def centre_id(self) -> int:
        return self.offers[0].centre_id

    @property
    def starts_at(self) -> datetime:
        return self.offers[0].starts_at

    @property
    def ends_at(self) -> datetime:
        return max(slot_time.ends_at for slot_time in self.offers)


class ChildObjections:
    """What the rules object to a time for this child. It asks the database nothing."""

    def __init__(
        self,
        wish: Request,
        diary: Diary,
        policy_of: Callable[[int, int], Policy],
        *,
        now: datetime,
        online: bool = True,
    ) -> None:
        self.wish, self.diary, self.policy_of = wish, diary, policy_of
        self.now, self.online = now, online
        self.applicants: dict[int, rules.Applicant] = {}
        self.busy: dict[date, list[tuple[datetime, datetime]]] = {}
        for starts, ends, _ in diary.live:
            for day in {clinic_day(starts), clinic_day(ends)}:
                self.busy.setdefault(day, []).append((starts, ends))

    def __call__(self, slot_time: SlotTime) -> list[rules.Objection]:
        return rules.objections(self._applicant(slot_time.centre_id), slot_time, self.now)

    def beside(self, slot_times: Sequence[SlotTime]) -> "ChildObjections":
        """The same, with these times of the wish as good as booked."""
        service_id = self.wish.service.id
        more = self.diary.with_more(
            (slot_time.starts_at, slot_time.ends_at, service_id) for slot_time in slot_times
        )
        return ChildObjections(self.wish, more, self.policy_of, now=self.now, online=self.online)

    def all_day(self, day: date, centre_id: int) -> bool:
        """Whether something of the child's own, its age apart, stands against every time of that day."""
        applicant = self._applicant(centre_id)
        return (
            rules.quota_objection(applicant, day) is not None
            or rules.pause_objection(applicant, self.now) is not None
        )

    def paused_until(self, centre_id: int) -> datetime | None:
        """Until when missed visits keep the child from the service there; None: they do not."""
        return self._applicant(centre_id).paused_until

    def elsewhere(self, slot_time: SlotTime, day: date) -> bool:
        """Whether the child is somewhere else at that time of that day."""
        return any(
            rules.overlap(slot_time.starts_at, slot_time.ends_at, *one)
            for one in self.busy.get(day, ())
        )

    def _applicant(self, centre_id: int) -> rules.Applicant:
        if centre_id not in self.applicants:
            wish = self.wish
            policy = self.policy_of(wish.service.id, centre_id)
            self.applicants[centre_id] = applicant_for(
                wish.child, wish.service, policy, self.diary, online=self.online, now=self.now
            )
        return self.applicants[centre_id]


def objections_of(
    wish: Request,
    *,
    now: datetime,
    online: bool = True,
    except_for: Collection[int] = (),
) -> ChildObjections:
    """What the rules object to a time for this child. A few queries, then none."""
    diary = diary_of(wish.child.id, now=now, except_for=except_for)
    return ChildObjections(wish, diary, policies([wish.service.id]), now=now, online=online)
