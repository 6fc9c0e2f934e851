"""The pages of the rules of reaching people (触达治理)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from broadcasts.views.reach_policy import ReachPolicyPage
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    register(
        Page(
            name="reach-policy",
            path="reach/policy/",
            view=ReachPolicyPage.as_view(),
            section=Section.BROADCASTS,
            permission=ReachPolicyPage.permission,
            label=_("Reach policy"),
            icon="shield_person",
            order=90,
        )
    )
