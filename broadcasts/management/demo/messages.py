"""The shop's own broadcasts (群发): one still being written, one that is with its staff."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from broadcasts.management.demo.materials import AUTUMN_PAGE, AUTUMN_POSTER, piece
from broadcasts.management.demo.segments import REPEAT, SILENT
from broadcasts.models import Broadcast, TouchClass
from broadcasts.models.written import ReminderPlan
from broadcasts.selectors.policy import house_terms
from broadcasts.services.compose import Draft, create_draft, next_window
from broadcasts.services.control import schedule
from contacts.models import Segment
from scrm.console.models import Operator

DRAFT, UNDER_WAY = "秋茶到店，先给老朋友留一份", "老茶友秋茶品鉴周"
# What a window has to leave for staff to confirm in.
_LEAST = timedelta(hours=1)


def make_draft(*, operator: Operator, now: datetime) -> None:
    """Unless any broadcast was written."""
    segment = Segment.objects.filter(name=SILENT).first()
    if segment is None or Broadcast.objects.exists():
        return
    start, end = next_window(house_terms(), now)
    create_draft(
        draft=Draft(
            name=DRAFT,
            benefit="沉默老客可以先试喝今年秋茶，不合口味不用买",
            text="您好，今年的秋茶到店了。记得您喜欢清香一点的，给您留了一份小样，"
            "方便的时候来店里坐坐，或者告诉我地址给您寄去。",
            segment=segment,
            window_start=start,
            window_end=end,
            touch_class=TouchClass.LIGHT,
        ),
        operator=operator,
        now=now,
    )


def set_under_way(*, operator: Operator, now: datetime) -> None:
    """Schedule it for the hours that are open now, or at night for the morning, unless it was."""
    segment = Segment.objects.filter(name=REPEAT).first()
    if segment is None or Broadcast.objects.filter(name=UNDER_WAY).exists():
        return
    start, end = _window(now)
    with transaction.atomic():
        draft = create_draft(
            draft=Draft(
                name=UNDER_WAY,
                benefit="老茶友本周下单送两泡当季秋茶小样，还能预约到店品鉴",
                text="您好，我是{员工姓名}。今年的秋茶六款都到齐了，这周给老茶友留了品鉴的位子，"
                "下单也送两泡小样。想先试哪一款，回我一声就好。",
                segment=segment,
                window_start=start,
                window_end=end,
                touch_class=TouchClass.LIGHT,
                attachments=[piece(AUTUMN_POSTER), piece(AUTUMN_PAGE)],
                reminder_plan=ReminderPlan.GENTLE,
            ),
            operator=operator,
            now=now,
        )
        schedule(broadcast=draft, operator=operator, now=now)


def _window(now: datetime) -> tuple[datetime, datetime]:
    """The hours open by now, so that staff have it at once, if an hour is left; else the next."""
    terms = house_terms()
    start, end = next_window(terms, now - timedelta(minutes=15))
    return (start, end) if end - now >= _LEAST else next_window(terms, end)
