"""What we ask WeCom for: one method per use, typed answers, errors with names.

from scrm import wecom
wecom.get_gateway().departments()
"""

from __future__ import annotations

import os
from functools import lru_cache

from django.conf import settings

from scrm.ratelimit import limits
from scrm.ratelimit.gate import Pauses
from scrm.wecom.gateway.acquisition import Acquisition
from scrm.wecom.gateway.album import Album
from scrm.wecom.gateway.app_chats import AppChats
from scrm.wecom.gateway.bills import Bills
from scrm.wecom.gateway.channels import Channels
from scrm.wecom.gateway.conversions import Conversions
from scrm.wecom.gateway.customers import Customers
from scrm.wecom.gateway.directory import Directory
from scrm.wecom.gateway.group_welcomes import GroupWelcomes
from scrm.wecom.gateway.groups import Groups
from scrm.wecom.gateway.media import Media
from scrm.wecom.gateway.messages import Messages
from scrm.wecom.gateway.moments import Moments
from scrm.wecom.gateway.notices import Notices
from scrm.wecom.gateway.pictures import Pictures
from scrm.wecom.gateway.sign_in import SignIn
from scrm.wecom.gateway.statistics import Statistics
from scrm.wecom.gateway.strategy_tags import StrategyTags
from scrm.wecom.gateway.tags import Tags
from scrm.wecom.gateway.transfers import Transfers
from scrm.wecom.gateway.welcome import Welcome
from scrm.wecom.gateway.words import Words
from scrm.wecom.quotas import LIMIT_NAME
from scrm.wecom.transport import Patience, Transport

__all__ = ["Gateway", "get_gateway"]

# For what must be over in 20 seconds, a second attempt included: at most 8 until it is known
# whether anything can have happened.
_HURRIED = Patience(connect=2.0, read=4.0, total=5.0, limits=2.0, start=3.0)
# Nor may trouble with one call keep the next ones away for longer than they live.
_HURRIED_PAUSES = Pauses(trouble=1.0, trouble_most=3.0)


class Gateway(
    Directory,
    Customers,
    Conversions,
    Tags,
    StrategyTags,
    Groups,
    Messages,
    Welcome,
    Media,
    Acquisition,
    Channels,
    Transfers,
    Statistics,
    GroupWelcomes,
    Moments,
    Words,
    Bills,
    Notices,
    AppChats,
    Album,
    SignIn,
    Pictures,
):
    """One app of one corp. Every method raises `WeComError`s, see `scrm/wecom/errors.py`."""

    def renew_token(self) -> None:
        """Fetch a new access token now (for the set-up check). Raises Refused."""
        self._transport.renew_token()

    @property
    def clock_skew(self) -> float | None:
        """Seconds our clock was ahead of WeCom's at the last answer; None: not known yet."""
        return self._transport.clock_skew


def get_gateway(*, hurry: bool = False) -> Gateway:
    """The gateway of the corp in the settings, made once per process.

    `hurry`: a call ends after 8 seconds at the latest, its waits for limits included.
    """
    return _gateway(
        os.getpid(),
        settings.WECOM_CORP_ID,
        settings.WECOM_SECRET,
        settings.WECOM_BASE_URL,
        int(settings.WECOM_AGENT_ID),
        _HURRIED if hurry else None,
    )


@lru_cache(maxsize=4)
def _gateway(
    _process: int,
    corp_id: str,
    secret: str,
    base_url: str,
    agent_id: int,
    patience: Patience | None,
) -> Gateway:
    # By process, because connections must not be shared across a fork.
    return Gateway(
        Transport(
            corp_id=corp_id,
            secret=secret,
            base_url=base_url,
            limit=limits.get(LIMIT_NAME),
            agent_id=agent_id,
            patience=patience,
            pauses=_HURRIED_PAUSES if patience is _HURRIED else None,
        )
    )
