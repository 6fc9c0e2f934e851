"""The whole pretend corp in one object: the Python face of the simulator."""

from __future__ import annotations

from scrm.simulator.channels import Channels
from scrm.simulator.handover import Handover
from scrm.simulator.moments import Moments
from scrm.simulator.payments import Payments
from scrm.simulator.shop import Shop


class Corp(Shop, Channels, Handover, Moments, Payments):
    """One pretend corp (企业): its people, tags, groups, messages and shop.

    Acts of people are methods (`follow`, `join_group`, `confirm`, …). With `callback=True`
    they also make WeCom's event; acts through the API never do, as in the real one. Everything
    is safe to call from several threads. What the corp knows can be read from its attributes:
    `contacts`, `follows`, `tags`, `chats`, `orders`, …
    """
