"""The way to connect a corp, step by step (接入步骤), and how far it is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from scrm.wecom.doctor.findings import State, Words

_GOOD = frozenset({State.OK.value, State.WARN.value})
# A warning of these says that the step has not been taken yet.
_STRICT = frozenset({"callback", "sync"})

ENV_LINES = """\
WECOM_CORP_ID=
WECOM_AGENT_ID=
WECOM_SECRET=
WECOM_CALLBACK_TOKEN=
WECOM_ENCODING_AES_KEY="""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. It is done when every check it names is good; a name that ends in ":" stands for
    all checks that begin with it.
    """

    name: str
    title: Words
    how: tuple[Words, ...]
    checks: tuple[str, ...]
    menu: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """A step with its state: "done", "current" (the first that is not) or "later"."""

    step: Step
    state: str
    copy: str = ""


STEPS = (
    Step(
        "settings",
        _("Fill in the settings"),
        (
            _("Create an app of your own and note its AgentId and Secret."),
            _("Press 随机获取 for Token and EncodingAESKey, but do not save there yet."),
            _("Write all five lines into .env and restart."),
        ),
        ("setting:",),
        "应用管理 › 自建 › 创建应用",
    ),
    Step(
        "token",
        _("Get a token"),
        (_("Nothing to do when the settings are right: run the check."),),
        ("token",),
        "应用管理 › 自建 › Secret",
    ),
    Step(
        "ip",
        _("Trust this server's address"),
        (
            _("Add the address below. The check shows it as soon as WeCom has refused it once."),
            _("When WeCom asks for a callback address first, do that step before this one."),
        ),
        ("trusted_ip",),
        "应用管理 › 自建 › 企业可信IP",
    ),
    Step(
        "callable",
        _("Open customer contact to the app"),
        (
            _("Tick the app under 可调用接口的应用."),
            _("Give staff the customer function (权限配置 › 使用范围)."),
            _("Put the same staff into the app's visible range (可见范围)."),
        ),
        ("callable_app", "departments", "follow_staff"),
        "客户与上下游 › 客户联系 › API",
    ),
    Step(
        "callback",
        _("Let callbacks in"),
        (
            _("Enter the address below with the same Token and EncodingAESKey, then press 保存."),
            _("Tick 外部联系人变更回调."),
        ),
        ("callback_keys", "callbacks_received", "customer_events"),
        "应用管理 › 自建 › 接收消息 › 设置API接收",
    ),
    Step(
        "sync",
        _("First sync"),
        (_("Start a full sync; it can be watched, and goes on by itself after a restart."),),
        ("sync",),
    ),
)


def progress(findings: Sequence[Mapping[str, Any]], *, callback_url: str) -> list[Progress]:
    """How far the steps are gone by these findings (as `Finding.told` gives them)."""
    found = {finding["name"]: finding for finding in findings}
    copies = {
        "settings": ENV_LINES,
        "ip": str(found.get("trusted_ip", {}).get("copy", "")),
        "callback": callback_url,
    }
    shown: list[Progress] = []
    is_reached = True
    for step in STEPS:
        done = _is_done(step, found)
        state = "done" if done else "current" if is_reached else "later"
        is_reached = is_reached and done
        shown.append(Progress(step, state, copies.get(step.name, "")))
    return shown


def _is_done(step: Step, found: Mapping[str, Mapping[str, Any]]) -> bool:
    states = [
        finding["state"]
        for name, finding in found.items()
        if any(
            name == asked or (asked[-1] == ":" and name.startswith(asked)) for asked in step.checks
        )
    ]
    if step.name in _STRICT:
        return bool(states) and all(state == State.OK.value for state in states)
    return bool(states) and all(state in _GOOD for state in states)
