"""Who opens a link, as far as a browser tells (访客识别). Pure."""

from __future__ import annotations

import re

# Programs that fetch a page to show a preview, to index or to check it; none of them is a reader.
_PROGRAMS = re.compile(
    r"bot\b|crawl|spider|slurp|preview|facebookexternalhit|embedly|whatsapp|telegram|pingdom|"
    r"monitor|headlesschrome|curl/|wget/|python-|go-http|okhttp|java/|libwww|httpclient|"
    r"mpcrawler|wechatspider|qqdownload",
    re.IGNORECASE,
)
_INSIDE = re.compile(r"MicroMessenger|wxwork", re.IGNORECASE)


def is_program(user_agent: str, purpose: str = "") -> bool:
    """Whether this is a preview or a robot. `purpose`: the header of browsers that fetch ahead."""
    return not user_agent.strip() or bool(_PROGRAMS.search(user_agent)) or "prefetch" in purpose


def is_inside_wechat(user_agent: str) -> bool:
    """Whether the page is opened inside WeChat or WeCom, where WeCom can say who it is."""
    return bool(_INSIDE.search(user_agent))
