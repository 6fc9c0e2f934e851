"""The cards this app puts on the home page, on a customer's page and on a channel's page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from broadcasts.views import cards
from scrm.console.cards import Card, Place, register


def register_pages() -> None:
    register(
        Card(
            name="channel-welcome",
            place=Place.CHANNEL,
            template="broadcasts/channel_welcome_card.html",
            data=cards.channel_welcome_card,
            order=10,
            title=_("Welcome"),
            permission="broadcasts.view_welcome",
        )
    )
    register(
        Card(
            name="broadcasts",
            place=Place.HOME,
            template="broadcasts/home_card.html",
            data=cards.broadcasts_card,
            title=_("Broadcasts"),
            order=75,
            permission="broadcasts.view_broadcast",
            span=6,
        )
    )
    register(
        Card(
            name="touches",
            place=Place.CONTACT,
            template="broadcasts/touches_card.html",
            data=cards.touches_card,
            title=_("Touches"),
            order=50,
            permission="contacts.view_contact",
            span=12,
        )
    )
