"""The whole pretend corp in one object: the Python face of the simulator."""

from __future__ import annotations

from scrm.simulator.acquisition import Acquisition
from scrm.simulator.handover import Handover
from scrm.simulator.moments import Moments
from scrm.simulator.others import Others
from scrm.simulator.payments import Payments
from scrm.simulator.shop import Shop
from scrm.simulator.talks import Talks


class Corp(Shop, Acquisition, Handover, Moments, Payments, Talks, Others):
    """One pretend corp (企业): its people, tags, groups, messages and shop.

    Acts of people are methods (`follow`, `join_group`, `confirm`, …). With `callback=True`
    they also make WeCom's event; acts through the API never do, as in the real one. Everything
    is safe to call from several threads. What the corp knows can be read from its attributes:
    `contacts`, `follows`, `tags`, `chats`, `orders`, …
    """
