"""The pretend WeCom with made-up customers, in a process of its own: `python -m bench._corp N S`.

It prints its address and serves until its input ends.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench import _made_up
from scrm.simulator.corp import Corp
from scrm.simulator.records import Contact, Follow
from scrm.simulator.server import Server


@contextmanager
def serving(*, customers: int, staff: int) -> Iterator[str]:
    """The address of a corp that runs in a process of its own during the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench._corp", str(customers), str(staff)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.communicate()


def filled(*, customers: int, staff: int) -> Corp:
    """The corp of `_made_up.pages`, written without the journal and without anybody's acts."""
    corp = Corp()
    corp.settings.calls_per_minute = corp.settings.calls_per_hour = 1_000_000
    for number in range(staff):
        corp.add_staff(f"staff{number:05d}")
    names = [f"Tag {number}" for number in range(_made_up.TAGS)]
    ids = [tag.tag_id for tag in corp.add_tag_group("Interests", tags=names).tags]
    begun = int(_made_up.BORN.timestamp())
    for number in range(customers):
        person = f"wmABCDEFGHIJKLMNOPQRST{number:010d}"
        userid = f"staff{number * staff // customers:05d}"
        corp.contacts[person] = Contact(
            person, f"客户 {number} 号", gender=number % 3, unionid=f"ozynqsulJFCZ{number:010d}"
        )
        corp.put_follow(
            Follow(
                userid,
                person,
                begun + number * 13,
                number + 1,
                state="counter",
                remark=f"客户 {number} 号·老茶客",
                mobiles=[f"138{number:08d}"],
                tag_ids=[ids[int(tag_id[-5:])] for tag_id in _made_up.tag_ids(number)],
            )
        )
    return corp


if __name__ == "__main__":
    with Server(filled(customers=int(sys.argv[1]), staff=int(sys.argv[2]))) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        sys.stdin.read()
