"""How the people of the pretend world are (习惯): rates, patience, and what pressure does to them.

Nothing in here knows the corp: numbers in, chances out. A chance always follows from the seed
and from what it is about, never from what was drawn before, so that a world that is stopped,
started again or lived through at another speed takes the same course.
"""

from __future__ import annotations

import hashlib
import math
import random
from dataclasses import dataclass, field

DAY = 86_400
WEEK, MONTH = 7 * DAY, 30 * DAY
MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Profile:
    """How a staff member treats tasks. Delays are exponential around `mean_seconds`; the share
    `forgets` does nothing by itself, and of these the share `wakes` does after a reminder.
    """

    mean_seconds: float
    forgets: float
    wakes: float


PROFILES = {
    "prompt": Profile(12 * 60, 0.03, 1.0),
    "busy": Profile(4 * 3600, 0.12, 0.6),
    "forgetful": Profile(16 * 3600, 0.5, 0.7),
    "never": Profile(DAY, 1.0, 0.0),
}
_MIXTURE = (("prompt", 0.7), ("busy", 0.2), ("forgetful", 0.08), ("never", 0.02))


@dataclass(frozen=True, slots=True)
class Mood:
    """How customers take messages: `drives_away` times the usual share goes, `haste` times as
    fast.
    """

    drives_away: float
    haste: float


# Annoyed customers show what the product does about a broadcast that harms: a fifth of them goes,
# most within a minute.
MOODS = {"usual": Mood(1.0, 1.0), "annoyed": Mood(350.0, 240.0)}


@dataclass(slots=True)
class Habits:
    """Everything about people that can be set. Chances are per message, `…_daily` per customer
    and day; `staff` holds the profiles of single staff members by userid.
    """

    seed: int = 1
    profile: str = MIXED
    mood: str = "usual"
    staff: dict[str, str] = field(default_factory=dict)
    partial: float = 0.2
    picked: float = 0.6
    unfriend: float = 0.0006
    leave: float = 0.002
    answer: float = 0.02
    buy: float = 0.008
    week_growth: float = 0.5
    month_growth: float = 0.15
    most_growth: float = 50.0
    tiring: float = 0.5
    reaction_seconds: float = 2 * 3600.0
    add_daily: float = 0.0014
    order_daily: float = 0.0022
    reply_daily: float = 0.003
    delete_daily: float = 0.00006
    join_daily: float = 0.0012
    leave_daily: float = 0.0002
    pays_in_chat: float = 0.15
    least_pace: float = 1.0

    def profile_of(self, userid: str) -> Profile:
        """The profile of this staff member: their own, the common one, or what nature gave."""
        name = self.staff.get(userid, self.profile)
        return PROFILES[self._nature(userid) if name == MIXED else name]

    def growth(self, week: int, month: int) -> float:
        """By how much more the messages of the last 7 and 30 days, this one included, drive a
        customer away: 1 for a single message, `most_growth` at most.
        """
        weekly = 1 + self.week_growth * max(0, week - 1)
        monthly = 1 + self.month_growth * max(0, month - 1)
        return min(self.most_growth, weekly * monthly)

    def leaves(self, share: float, growth: float) -> float:
        """The chance that a message drives somebody away who usually goes with this share."""
        return share * growth * MOODS[self.mood].drives_away

    def reacts_within(self) -> float:
        """The mean of the seconds until a customer does something about a message."""
        return self.reaction_seconds / MOODS[self.mood].haste

    def interest(self, growth: float) -> float:
        """What pressure leaves of the wish to answer and to buy, from 1 down."""
        return float(growth**-self.tiring)

    def chance(self, *subject: object) -> random.Random:
        """The chance of one subject: equal for an equal seed and subject."""
        return random.Random(f"{self.seed} {subject}")  # noqa: S311 - a play, not a secret

    def acts_after(self, userid: str, *subject: object) -> tuple[float | None, float]:
        """When the staff member sees to a task: seconds after it was made (None: never), and
        after its reminder (infinite: never).
        """
        profile = self.profile_of(userid)
        patience, laziness = self._draws(userid, *subject)
        delay = -profile.mean_seconds * math.log(1 - patience)
        if laziness >= profile.forgets:
            return delay, delay
        return None, delay if laziness >= profile.forgets * (1 - profile.wakes) else math.inf

    def _nature(self, userid: str) -> str:
        place, _other = self._draws("nature", userid)
        for name, share in _MIXTURE:
            if place < share:
                return name
            place -= share
        return _MIXTURE[-1][0]

    def _draws(self, *subject: object) -> tuple[float, float]:
        """Two numbers from 0 to below 1; cheaper than `chance` for what is asked every second."""
        digest = hashlib.blake2b(f"{self.seed} {subject}".encode(), digest_size=8).digest()
        return int.from_bytes(digest[:4]) / 2**32, int.from_bytes(digest[4:]) / 2**32


def poisson(chance: random.Random, expected: float) -> int:
    """How many events happen where `expected` are."""
    if expected > 50:
        return max(0, round(chance.gauss(expected, math.sqrt(expected))))
    events, remaining = 0, math.exp(-expected)
    product = chance.random()
    while product > remaining:
        events += 1
        product *= chance.random()
    return events
