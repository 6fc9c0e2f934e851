"""The levers of the control API: clock, people's habits, faults, callbacks, settings."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import timedelta
from typing import Any

from scrm.simulator import overview
from scrm.simulator.ask import Ask
from scrm.simulator.behaviour import Behaviour
from scrm.simulator.callbacks import MODES
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints import ENDPOINTS
from scrm.simulator.errors import Impossible
from scrm.simulator.faults import EVERY_PATH
from scrm.simulator.forms import between, changes, instant, refuse_unknown
from scrm.simulator.habits import MIXED, MOODS, PROFILES, Habits
from scrm.simulator.records import Settings

_POLICIES = ("days_in_month", "7_per_week", "1_per_day")
_CALLBACK_NUMBERS = {"duplicate": 1, "drop": 0, "parallel": 1}  # and the least of each
_SHARES = ("partial", "picked", "unfriend", "leave", "answer", "buy", "pays_in_chat")
_LONGEST_JUMP = 400 * 86_400
Json = dict[str, Any]


class Steering:
    """Reads a request, moves the lever, answers how things stand now."""

    def __init__(self, corp: Corp) -> None:
        self._corp = corp
        self.behaviour = Behaviour(corp)

    def clock(self, ask: Ask) -> Json:
        """Set, jump, speed. People who live go through a jump hour by hour."""
        refuse_unknown(ask, {"set", "advance_seconds", "speed"})
        clock = self._corp.clock
        speed = ask.real("speed", clock.speed)
        if not 0 <= speed <= 3600:
            raise Impossible("from 0 to 3600", field="speed")
        advance = ask.real("advance_seconds", 0)
        if advance < 0:
            raise Impossible("time goes forward; use set", field="advance_seconds")
        if ask.has("set"):
            self._go_to("set", instant(ask.text("set"), field="set"))
        if advance:
            self._go_to("advance_seconds", clock.now() + timedelta(seconds=advance))
        if speed != clock.speed:
            clock.speed = speed
        return overview.clock(self._corp)

    def habits(self, _ask: Ask) -> Json:
        """How people are, and whether they live."""
        profiles = {name: asdict(profile) for name, profile in PROFILES.items()}
        habits = asdict(self._corp.habits)
        return {"alive": self.behaviour.alive, **habits, "profiles": profiles}

    def set_habits(self, ask: Ask) -> Json:
        """Change habits; `alive` starts or stops the people."""
        refuse_unknown(ask, {"alive", *(field.name for field in fields(Habits))})
        changed = changes(ask, Habits)
        _check_habits(changed)
        if ask.has("staff"):
            changed["staff"] = self._profiles(ask.part("staff"))
        if changed:
            self.behaviour.change(**changed)
        if ask.has("alive"):
            self._let_live(alive=ask.flag("alive", default=True))
        return self.habits(ask)

    def add_fault(self, ask: Ask) -> Json:
        refuse_unknown(ask, {"path", "kind", "value", "count", "after", "share"})
        path = ask.text("path", EVERY_PATH).removeprefix("/cgi-bin/")
        if path != EVERY_PATH and path not in ENDPOINTS:
            raise Impossible(f"no API {path!r}", field="path")
        endless = "count" in ask.data and ask.data["count"] is None
        try:
            self._corp.faults.add(
                path,
                ask.text("kind"),
                ask.real("value", 0),
                None if endless else ask.number("count", 1),
                ask.number("after", 0),
                ask.real("share", 1.0),
            )
        except ValueError as error:
            raise Impossible(str(error), field=str(error).partition(":")[0]) from None
        return self.faults(ask)

    def clear_faults(self, ask: Ask) -> Json:
        refuse_unknown(ask, {"path", "fault_id"})
        fault_id = ask.number("fault_id") if ask.has("fault_id") else None
        self._corp.faults.clear(ask.text("path", "") or None, fault_id=fault_id)
        return self.faults(ask)

    def faults(self, _ask: Ask) -> Json:
        """What still waits to go wrong, and how much has."""
        return {"faults": self._corp.faults.list(), "struck": self._corp.faults.struck}

    def add_fate(self, ask: Ask) -> Json:
        refuse_unknown(ask, {"kind", "event", "value", "number", "share"})
        endless = "number" in ask.data and ask.data["number"] is None
        try:
            self._corp.callbacks.fates.add(
                ask.text("kind"),
                ask.text("event", "*"),
                value=ask.real("value") if ask.has("value") else None,
                number=None if endless else ask.number("number", 1),
                share=ask.real("share", 1.0),
            )
        except ValueError as error:
            raise Impossible(str(error), field=str(error).partition(":")[0]) from None
        return self.fates(ask)

    def clear_fates(self, ask: Ask) -> Json:
        refuse_unknown(ask, {"fate_id"})
        self._corp.callbacks.fates.clear(ask.number("fate_id") if ask.has("fate_id") else None)
        return self.fates(ask)

    def fates(self, _ask: Ask) -> Json:
        """What will happen to events on their way."""
        return {"fates": self._corp.callbacks.fates.list()}

    def callbacks(self, ask: Ask) -> Json:
        """Set first, then release, verify and settle, in this order."""
        orders = {"release", "shuffle", "verify", "settle"}
        refuse_unknown(ask, {"url", "mode", *_CALLBACK_NUMBERS, *orders})
        callbacks = self._corp.callbacks
        if ask.text("mode", "deliver") not in MODES:
            raise Impossible("deliver or hold", field="mode")
        changed = {name: ask.text(name, "") for name in ("url", "mode") if ask.has(name)} | {
            name: between(ask, name, least, 100)
            for name, least in _CALLBACK_NUMBERS.items()
            if ask.has(name)
        }
        for name, value in changed.items():
            setattr(callbacks, name, value)
        outcome: Json = {}
        if ask.flag("release", default=False):
            shuffle = ask.flag("shuffle", default=False)
            outcome["released"] = callbacks.release(shuffle=shuffle)
        if ask.flag("verify", default=False):
            outcome["verified"] = callbacks.verify(at=self._corp.clock.timestamp())
        if ask.has("settle"):
            outcome["settled"] = callbacks.settle(ask.real("settle"))
        return {**overview.callbacks(self._corp), **outcome}

    def settings(self, ask: Ask) -> Json:
        refuse_unknown(ask, {field.name for field in fields(Settings)})
        changed = changes(ask, Settings)
        if changed.get("quota_policy", _POLICIES[0]) not in _POLICIES:
            raise Impossible(f"one of {', '.join(_POLICIES)}", field="quota_policy")
        self._corp.record("settings", **changed)
        return asdict(self._corp.settings)

    def _go_to(self, field: str, target: Any) -> None:
        clock = self._corp.clock
        before = clock.steady()
        if not self.behaviour.alive or target <= clock.now():
            clock.set(target)
        elif (target - clock.now()).total_seconds() > _LONGEST_JUMP:
            raise Impossible("people live through 400 days at once at most", field=field)
        else:
            self.behaviour.jump(target)
        self._keep_tokens(clock.steady() - before)

    def _keep_tokens(self, seconds: float) -> None:
        """The product's own clock does not jump: to it, a token that ends with each of several
        jumps in a row looks like a corp that gives out dead ones.
        """
        for token in list(self._corp.tokens.values()):
            if token.revoked:
                continue
            expires = token.expires_steady + seconds
            self._corp.record("token", value=token.value, expires_steady=expires, kind=token.kind)

    def _let_live(self, *, alive: bool) -> None:
        if alive:
            self.behaviour.start()
        else:
            self.behaviour.stop()

    def _profiles(self, ask: Ask) -> dict[str, str]:
        """Profiles by userid as they are now: these added, empty ones taken away."""
        profiles = dict(self._corp.habits.staff)
        for name in ask.data:
            userid, profile = self._corp.staff_named(name).userid, ask.text(name, "")
            if profile:
                profiles[userid] = _check_profile(profile, field="staff")
            else:
                profiles.pop(userid, None)
        return profiles


def _check_habits(changed: dict[str, Any]) -> None:
    for name in _SHARES:
        if changed.get(name, 0) > 1:
            raise Impossible("a share, from 0 to 1", field=name)
    for name in ("most_growth", "reaction_seconds"):
        if changed.get(name, 1) < 1:
            raise Impossible("at least 1", field=name)
    _check_profile(changed.get("profile", MIXED), field="profile")
    if changed.get("mood", "usual") not in MOODS:
        raise Impossible(f"one of {', '.join(MOODS)}", field="mood")


def _check_profile(name: str, *, field: str) -> str:
    if name != MIXED and name not in PROFILES:
        raise Impossible(f"{MIXED} or one of {', '.join(PROFILES)}", field=field)
    return name
