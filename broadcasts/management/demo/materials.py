"""The shop's content library (素材库): what its staff send again and again, in two folders."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from broadcasts.management.demo.pictures import cover, poster
from broadcasts.models import Material
from broadcasts.services.material_checks import MaterialDraft
from broadcasts.services.material_folders import create_folder
from broadcasts.services.materials import create_material
from broadcasts.services.media_files import Upload
from scrm.console.models import Operator

SAMPLER, AUTUMN_PAGE, AUTUMN_POSTER = "新朋友试喝装", "秋茶新品页", "秋茶到店海报"
_NEW_FRIENDS, _AUTUMN = "新朋友", "秋茶季"
Kind = Material.Kind


def make_library(*, operator: Operator, now: datetime) -> None:
    """Unless anything is in it."""
    if Material.objects.exists():
        return
    for folder_name, drafts in ((_NEW_FRIENDS, _new_friends()), (_AUTUMN, _autumn())):
        folder = create_folder(name=folder_name, operator=operator, now=now)
        for draft in drafts:
            create_material(draft=replace(draft, folder=folder), operator=operator, now=now)


def piece(name: str) -> dict[str, object]:
    """A piece of the library as messages name it."""
    return {"msgtype": "material", "material": Material.objects.get(name=name).pk}


def _new_friends() -> list[MaterialDraft]:
    return [
        MaterialDraft(
            kind=Kind.TEXT,
            name="第一次打招呼",
            tags=["新客", "话术"],
            text="{客户昵称|茶友}您好，我是云岭茶友之家的{员工姓名}。您平时喝绿茶、红茶还是普洱？"
            "告诉我口味，给您挑一款试喝。",
        ),
        MaterialDraft(
            kind=Kind.LINK,
            name=SAMPLER,
            tags=["新客", "试喝"],
            body={
                "title": "新朋友试喝装",
                "desc": "三款当季茶，各两泡",
                "url": "https://mall.example.com/first-sip",
            },
        ),
        MaterialDraft(
            kind=Kind.MINIPROGRAM,
            name="会员中心小程序",
            tags=["新客", "会员"],
            body={
                "title": "云岭茶友会员中心：积分、优惠券、订单",
                "appid": "wx0a1b2c3d4e5f6071",
                "page": "pages/member/index",
            },
            upload=Upload("cover.png", cover("会员中心", "积分 · 优惠券 · 订单")),
        ),
    ]


def _autumn() -> list[MaterialDraft]:
    return [
        MaterialDraft(
            kind=Kind.TEXT,
            name="问候老客：上次的茶喝得怎么样",
            tags=["老客", "话术"],
            text="{客户备注|老朋友}，上次带走的{最近购买|茶}喝得还习惯吗？秋茶到店了，"
            "想换换口味随时找我，{员工姓名}给您留一份小样。",
        ),
        MaterialDraft(
            kind=Kind.TEXT,
            name="冲泡指南：乌龙茶",
            tags=["冲泡", "话术"],
            text="乌龙茶这样泡不苦：7 克茶配 120 毫升沸水，第一泡 15 秒出汤，之后每泡加 5 秒，"
            "能喝七八泡。有哪一步拿不准，发张照片给我就好。",
        ),
        MaterialDraft(
            kind=Kind.IMAGE,
            name=AUTUMN_POSTER,
            tags=["秋茶", "老客"],
            upload=Upload("autumn.png", poster("秋茶到店", "老朋友先尝 · 不合口味不用买")),
        ),
        MaterialDraft(
            kind=Kind.LINK,
            name=AUTUMN_PAGE,
            tags=["秋茶"],
            body={
                "title": "今年的秋茶，六款都到齐了",
                "desc": "铁观音、正山小种、凤凰单丛…下单送两泡小样",
                "url": "https://mall.example.com/autumn",
            },
        ),
    ]
