"""The pages of the harm guard, complaints and the switch (伤害预警, 投诉, 一键停发)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from broadcasts.views import complaints, harm, switch
from scrm.console.cards import Card, Place
from scrm.console.cards import register as register_card
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    register(
        Page(
            name="harm-guard",
            path="reach/harm/",
            view=harm.HarmPage.as_view(),
            section=Section.BROADCASTS,
            permission=harm.MAY_LOOK,
            label=_("Harm guard"),
            icon="health_and_safety",
            order=92,
        )
    )
    register(
        Page(
            name="sending-switch",
            path="reach/stop/",
            view=switch.SwitchPage.as_view(),
            section=Section.BROADCASTS,
            permission=switch.MAY_LOOK,
            label=_("Stop all sending"),
            icon="front_hand",
            order=94,
        )
    )
    register(
        Page(
            name="complaint-list",
            path="reach/complaints/",
            view=complaints.ComplaintList.as_view(),
            section=Section.SERVICE,
            permission=complaints.MAY_LOOK,
            label=_("Complaints"),
            icon="report",
            order=20,
        )
    )
    for name, path, view in (
        ("broadcast-harm", "broadcasts/<int:pk>/harm/", harm.HarmSection),
        ("broadcast-harm-file", "broadcasts/<int:pk>/harm.csv", harm.HarmDownload),
        ("broadcast-post-mortem", "broadcasts/<int:pk>/post-mortem/", harm.WritePostMortem),
        ("sending-stop", "reach/stop/on/", switch.StopAll),
        ("sending-resume", "reach/stop/off/", switch.ResumeAll),
        ("complaint-new", "reach/complaints/new/", complaints.NewComplaint),
    ):
        register(Page(name, path, view.as_view(), Section.BROADCASTS, view.permission))
    register_card(
        Card(
            name="harm-alarms",
            place=Place.HOME,
            template="broadcasts/harm_alarm_card.html",
            data=harm.alarm_card,
            # Before everything else.
            order=1,
            title=_("Harm guard"),
            permission=harm.MAY_LOOK,
            span=12,
        )
    )
    register_card(
        Card(
            name="sending-stopped",
            place=Place.BANNER,
            template="broadcasts/switch_banner.html",
            data=switch.banner,
            order=1,
        )
    )
