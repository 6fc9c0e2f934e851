"""The shop's welcomes (欢迎语): whoever adds a staff member on the simulator's page sees one."""

from __future__ import annotations

from datetime import datetime, time

from broadcasts.management.demo.materials import SAMPLER, piece
from broadcasts.models import Material, Welcome
from broadcasts.services.welcome_checks import WelcomeDraft
from broadcasts.services.welcomes import create_welcome
from scrm.console.models import Operator


def make_welcomes(*, operator: Operator, now: datetime) -> None:
    """Unless any exist."""
    if Welcome.objects.exists():
        return
    attached = [piece(SAMPLER)] if Material.objects.filter(name=SAMPLER).exists() else []
    by_day = WelcomeDraft(
        name="默认欢迎语",
        text="{客户昵称}您好，欢迎来到云岭茶友之家！我是{员工姓名}。\n"
        "您平时喜欢清香还是醇厚一点的茶？告诉我，给您挑一款试喝。",
        attachments=attached,
    )
    by_night = WelcomeDraft(
        name="夜间欢迎语",
        text="{客户昵称}您好，我是{员工姓名}。夜深了，明天上午给您细说，先祝您好梦。",
        start=time(21, 30),
        end=time(8, 30),
    )
    for welcome in (by_day, by_night):
        create_welcome(draft=welcome, operator=operator, now=now)
