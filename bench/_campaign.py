"""A broadcast to everybody among made-up staff and customers, and what may not have gone wrong.

The same staff and customers are in the corp and in our tables; what the corp holds in the end is
compared with what our tables say.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from scrm.embedded.home import Home
from scrm.embedded.redis import EmbeddedRedis
from scrm.simulator.corp import Corp
from scrm.simulator.server import Server

ROOT = Path(__file__).resolve().parent.parent
CREATE = "externalcontact/add_msg_template"
RECIPIENTS_PER_CALL = 100
# A question that timed out on a busy machine keeps the others waiting for a while.
ROUNDS_OF_RESULTS, SECONDS_BETWEEN_ROUNDS = 5, 15.0
ENVIRONMENT = {"BROADCAST_LEASE_SECONDS": "21", "BROADCAST_SETTLE_SECONDS": "2"}


@contextmanager
def redis_server() -> Iterator[EmbeddedRedis]:
    """A started Redis that this process and its children use."""
    home = Home(Path(os.environ["SCRM_HOME"]))
    server = EmbeddedRedis(home.redis_data, home.redis_socket, home.root / "redis.log")
    server.start()
    os.environ["REDIS_URL"] = home.redis_url
    try:
        yield server
    finally:
        server.stop()


def point_at(server: Server) -> None:
    """Let this process and its children speak to this corp and that Redis."""
    from django.conf import settings

    os.environ["WECOM_BASE_URL"] = settings.WECOM_BASE_URL = f"{server.url}/cgi-bin/"
    settings.REDIS_URL = os.environ["REDIS_URL"]
    settings.BROADCAST_BATCH_SIZE = RECIPIENTS_PER_CALL


def people(corp: Corp, *, recipients: int, staff: int) -> None:
    """The same staff and customers in the corp and in our tables."""
    from django.utils import timezone

    from contacts.models import Contact, ContactFacts, Follow, Staff

    now = timezone.now()
    corp.clock.set(now)
    members = Staff.objects.bulk_create(
        Staff(userid=f"staff{n}", name=f"Staff {n}", is_following=True) for n in range(staff)
    )
    for member in members:
        corp.add_staff(member.userid, member.name)
    since = {"first_followed_at": now - timedelta(days=30)}
    contacts = Contact.objects.bulk_create(
        (
            Contact(external_userid=f"wm{n:08d}", name=f"C{n}", stage_since=now, **since)
            for n in range(recipients)
        ),
        batch_size=5000,
    )
    for number, contact in enumerate(contacts):
        corp.add_contact(contact.external_userid, contact.name)
        corp.follow(members[number % staff].userid, contact.external_userid)
    Follow.objects.bulk_create(
        (
            Follow(contact=contact, staff=members[number % staff], added_at=now)
            for number, contact in enumerate(contacts)
        ),
        batch_size=5000,
    )
    ContactFacts.objects.bulk_create(
        (
            ContactFacts(
                contact=contact,
                relation="friend",
                stage="new",
                kind=1,
                gender=0,
                last_followed_at=now,
                **since,
            )
            for contact in contacts
        ),
        batch_size=5000,
    )


def scheduled(*, opens_in: timedelta = timedelta(minutes=-1), relation: str = "friend") -> Any:
    """A broadcast to all friends, or to all of another relation, whose window opens then."""
    from django.utils import timezone

    from broadcasts.models import Broadcast, PolicySettings
    from contacts.models import Segment

    now = timezone.now()
    always = {"quiet_from": "00:00", "quiet_until": "00:00", "gap_days": 0}
    PolicySettings.objects.update_or_create(pk=1, defaults=always)
    rule = {"field": "relation", "op": "in", "value": [relation]}
    segment, _made = Segment.objects.get_or_create(
        name=relation, defaults={"rule": rule, "created_at": now, "updated_at": now}
    )
    return Broadcast.objects.create(
        name="Under fire",
        benefit="None, this is a drill",
        segment=segment,
        segment_version=1,
        rule=rule,
        text="The same words every time.",
        holdout_percent=0,
        window_start=now + opens_in,
        window_end=now + timedelta(hours=6),
        state=Broadcast.State.SCHEDULED,
        created_at=now,
        scheduled_at=now,
    )


def frozen() -> Any:
    """The same with its audience fixed."""
    from django.utils import timezone

    from broadcasts.services.audience import freeze

    broadcast, began = scheduled(), time.monotonic()
    fixed = freeze(broadcast_id=broadcast.pk, now=timezone.now())
    print(f"audience of {fixed.chosen:,} fixed in {time.monotonic() - began:.2f} s")
    return fixed


def is_handed_over(broadcast: Any) -> bool:
    from broadcasts.models import Batch

    batches = Batch.objects.filter(broadcast=broadcast)
    return batches.exists() and not batches.exclude(state=Batch.State.ACCEPTED).exists()


def wrong(corp: Corp, broadcast: Any) -> dict[str, int]:
    """How often each promise was broken, by what the corp holds and by our own tables."""
    from django.utils import timezone

    from broadcasts.models import Batch, Recipient, Touch
    from broadcasts.services import results

    batches = Batch.objects.filter(broadcast=broadcast)
    known = set(Batch.objects.exclude(msgid=None).values_list("msgid", flat=True))
    mine = set(batches.exclude(msgid=None).values_list("msgid", flat=True))
    asked = Counter(
        receiver
        for task in corp.tasks()
        if task.msgid in mine or task.msgid not in known
        for receivers in task.targets.values()
        for receiver in receivers
    )
    chosen = Recipient.objects.filter(broadcast=broadcast, state="chosen").count()
    adopted_twice = batches.filter(resent__gt=0).count()
    corp.confirm()
    corp.faults.clear()
    corp.settings.latency_seconds = 0
    touched = Touch.objects.filter(broadcast=broadcast)
    for _ in range(ROUNDS_OF_RESULTS):
        for batch_id in batches.values_list("pk", flat=True):
            results.poll(batch_id=batch_id, now=timezone.now())
        if touched.count() >= chosen:
            break
        time.sleep(SECONDS_BETWEEN_ROUNDS)
    print(f"handed over again after a silence nobody took: {adopted_twice} batches")
    return {
        "doubled": sum(count > 1 for count in asked.values()),
        "never": chosen - len(asked),
        "unknown msgids": sum(task.msgid not in known for task in corp.tasks()),
        "touches missing": chosen - touched.count(),
    }
