"""Who the pretend corp is: the ids and secrets a client must know."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Corp id, app and secrets; the defaults are the demo corp every installation knows."""

    corp_id: str = "wwsimulator000001"
    agent_id: int = 1000001
    secret: str = "simulator-secret"  # noqa: S105 - known to everybody, opens nothing real
    directory_secret: str = "simulator-directory-secret"  # noqa: S105 - of 通讯录同步; likewise
    callback_token: str = "simulatortoken"  # noqa: S105 - likewise
    aes_key: str = "c2ltdWxhdG9yLWRlbW8ta2V5LW5vdC1hLXNlY3JldCE"

    @classmethod
    def from_environment(cls) -> Identity:
        """The demo corp, changed by the `WECOM_*` variables the product itself reads."""
        read = os.environ.get
        return cls(
            corp_id=read("WECOM_CORP_ID") or cls().corp_id,
            agent_id=int(read("WECOM_AGENT_ID") or cls().agent_id),
            secret=read("WECOM_SECRET") or cls().secret,
            callback_token=read("WECOM_CALLBACK_TOKEN") or cls().callback_token,
            aes_key=read("WECOM_ENCODING_AES_KEY") or cls().aes_key,
        )
