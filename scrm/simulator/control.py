"""The control API (`/sim/…`): looking at the world, and moving it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from scrm.simulator import overview
from scrm.simulator.acts import ACTS
from scrm.simulator.ask import Ask
from scrm.simulator.behaviour import Behaviour
from scrm.simulator.callbacks import MODES
from scrm.simulator.clock import BEIJING
from scrm.simulator.corp import Corp
from scrm.simulator.errors import ApiError, Impossible
from scrm.simulator.records import Settings

Response = tuple[int, dict[str, str], Iterable[bytes]]
_PAGE = Path(__file__).with_name("page.html")
_POLICIES = ("days_in_month", "7_per_week", "1_per_day")
_CALLBACK_NUMBERS = {"duplicate": 1, "drop": 0, "parallel": 1}  # and the least of each
_JSON = {"Content-Type": "application/json; charset=UTF-8"}


class Control:
    """Answers control requests for one corp; bad input is 400 with the field's name."""

    def __init__(self, corp: Corp) -> None:
        self._corp = corp
        self.behaviour = Behaviour(corp)
        self._routes: dict[tuple[str, str], Callable[[Ask], Any]] = {
            ("GET", "state"): lambda _ask: overview.state(corp, alive=self.behaviour.alive),
            ("GET", "ledger"): lambda ask: overview.ledger(corp, ask),
            ("GET", "tasks"): lambda ask: overview.tasks(corp, ask),
            ("GET", "calls"): lambda _ask: overview.calls(corp),
            ("GET", "contact"): lambda ask: overview.contact(corp, ask),
            ("GET", "people"): lambda _ask: overview.people(corp),
            ("DELETE", "calls"): self._forget_calls,
            ("POST", "confirm"): self._confirm,
            ("POST", "publish"): self._publish,
            ("GET", "moments"): lambda _ask: overview.moments(corp),
            ("GET", "app_messages"): lambda ask: overview.app_messages(corp, ask),
            ("POST", "sign_in"): self._sign_in,
            ("POST", "act"): self._act,
            ("GET", "clock"): lambda _ask: overview.clock(corp),
            ("POST", "clock"): self._clock,
            ("GET", "faults"): lambda _ask: {"faults": corp.faults.list()},
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "callbacks"): lambda _ask: overview.callbacks(corp),
            ("POST", "callbacks"): self._callbacks,
            ("GET", "settings"): lambda _ask: asdict(corp.settings),
            ("POST", "settings"): self._settings,
            ("POST", "tokens/revoke"): lambda _ask: {"revoked": corp.revoke_tokens()},
            ("POST", "behaviour"): self._behaviour,
        }

    def handle(
        self, method: str, path: str, query: Mapping[str, str], body: bytes = b""
    ) -> Response:
        """HTTP status, headers and body of one control request."""
        name = path.removeprefix("/sim").strip("/")
        if method == "GET" and name == "":
            return 200, {"Content-Type": "text/html; charset=UTF-8"}, [_PAGE.read_bytes()]
        try:
            if method == "GET" and name == "orders.csv":
                return self._orders(Ask(query))
            route = self._routes.get((method, name))
            if route is None:
                known = any(path == name for _method, path in self._routes)
                return _problem(405 if known else 404, f"no {method} {path}", "")
            return 200, dict(_JSON), [orjson.dumps(route(Ask(_given(method, query, body))))]
        except Impossible as error:
            return _problem(400, str(error), error.field)
        except ApiError as error:
            return _problem(400, error.detail, _field_in(error.detail))

    def close(self) -> None:
        """Let the people rest."""
        self.behaviour.stop()

    def _orders(self, ask: Ask) -> Response:
        since = _moment(ask.text("since")).timestamp() if ask.has("since") else 0
        lines = self._corp.orders_csv(since=int(since))
        return 200, {"Content-Type": "text/csv; charset=UTF-8"}, _batches(lines)

    def _confirm(self, ask: Ask) -> dict[str, int]:
        _refuse_unknown(ask, {"msgid", "userid", "all"})
        msgid, userid = ask.text("msgid", ""), ask.text("userid", "")
        if not (msgid or userid or ask.flag("all", default=False)):
            raise Impossible('name a msgid or a userid, or say "all": true', field="all")
        if msgid and msgid not in self._corp.broadcasts:
            raise Impossible(f"no task {msgid!r}", field="msgid")
        return {"reached": self._corp.confirm(msgid or None, userid or None)}

    def _publish(self, ask: Ask) -> dict[str, int]:
        _refuse_unknown(ask, {"moment_id", "userid", "all"})
        moment_id, userid = ask.text("moment_id", ""), ask.text("userid", "")
        if not (moment_id or userid or ask.flag("all", default=False)):
            raise Impossible('name a moment_id or a userid, or say "all": true', field="all")
        if moment_id and moment_id not in self._corp.moments:
            raise Impossible(f"no moment {moment_id!r}", field="moment_id")
        return {"reached": self._corp.publish_moments(moment_id or None, userid or None)}

    def _sign_in(self, ask: Ask) -> dict[str, str]:
        _refuse_unknown(ask, {"userid", "external_userid", "private"})
        userid, external_userid = ask.text("userid", ""), ask.text("external_userid", "")
        private = ask.flag("private", default=False)
        return {"code": self._corp.sign_in(userid, external_userid, private=private)}

    def _act(self, ask: Ask) -> dict[str, Any]:
        name = ask.text("act")
        if name not in ACTS:
            raise Impossible(f"one of {', '.join(ACTS)}", field="act")
        act, known = ACTS[name]
        _refuse_unknown(ask, {"act", *known})
        return {"act": name, **act(self._corp, ask)}

    def _clock(self, ask: Ask) -> dict[str, Any]:
        _refuse_unknown(ask, {"set", "advance_seconds", "speed"})
        clock = self._corp.clock
        speed = ask.real("speed", clock.speed)
        if not 0 <= speed <= 3600:
            raise Impossible("from 0 to 3600", field="speed")
        advance = ask.real("advance_seconds", 0)
        if advance < 0:
            raise Impossible("time goes forward; use set", field="advance_seconds")
        if ask.has("set"):
            clock.set(_moment(ask.text("set"), field="set"))
        if advance:
            clock.advance(timedelta(seconds=advance))
        if speed != clock.speed:
            clock.speed = speed
        return overview.clock(self._corp)

    def _add_fault(self, ask: Ask) -> dict[str, Any]:
        _refuse_unknown(ask, {"path", "kind", "value", "count", "after", "share"})
        endless = "count" in ask.data and ask.data["count"] is None
        try:
            self._corp.faults.add(
                ask.text("path", "*"),
                ask.text("kind"),
                ask.real("value", 0),
                None if endless else ask.number("count", 1),
                ask.number("after", 0),
                ask.real("share", 1.0),
            )
        except ValueError as error:
            raise Impossible(str(error), field=str(error).partition(":")[0]) from None
        return {"faults": self._corp.faults.list()}

    def _clear_faults(self, ask: Ask) -> dict[str, Any]:
        _refuse_unknown(ask, {"path"})
        self._corp.faults.clear(ask.text("path", "") or None)
        return {"faults": self._corp.faults.list()}

    def _forget_calls(self, _ask: Ask) -> dict[str, Any]:
        self._corp.calls.reset()
        self._corp.limits.reset()
        return overview.calls(self._corp)

    def _callbacks(self, ask: Ask) -> dict[str, Any]:
        """Set first, then release, verify and settle, in this order."""
        orders = {"release", "shuffle", "verify", "settle"}
        _refuse_unknown(ask, {"url", "mode", *_CALLBACK_NUMBERS, *orders})
        callbacks = self._corp.callbacks
        if ask.text("mode", "deliver") not in MODES:
            raise Impossible("deliver or hold", field="mode")
        changed = {name: ask.text(name, "") for name in ("url", "mode") if ask.has(name)} | {
            name: _between(ask, name, least, 100)
            for name, least in _CALLBACK_NUMBERS.items()
            if ask.has(name)
        }
        for name, value in changed.items():
            setattr(callbacks, name, value)
        outcome: dict[str, Any] = {}
        if ask.flag("release", default=False):
            shuffle = ask.flag("shuffle", default=False)
            outcome["released"] = callbacks.release(shuffle=shuffle)
        if ask.flag("verify", default=False):
            outcome["verified"] = callbacks.verify(at=self._corp.clock.timestamp())
        if ask.has("settle"):
            outcome["settled"] = callbacks.settle(ask.real("settle"))
        return {**overview.callbacks(self._corp), **outcome}

    def _settings(self, ask: Ask) -> dict[str, Any]:
        known = {field.name: type(getattr(Settings(), field.name)) for field in fields(Settings)}
        _refuse_unknown(ask, set(known))
        readers: dict[type, Callable[[str], Any]] = {
            str: ask.text,
            int: ask.number,
            float: ask.real,
            bool: lambda name: ask.flag(name, default=False),
        }
        changed = {name: readers[known[name]](name) for name in ask.data}
        if changed.get("quota_policy", _POLICIES[0]) not in _POLICIES:
            raise Impossible(f"one of {', '.join(_POLICIES)}", field="quota_policy")
        for name, value in changed.items():
            if not isinstance(value, str) and value < 0:
                raise Impossible("not below zero", field=name)
        self._corp.record("settings", **changed)
        return asdict(self._corp.settings)

    def _behaviour(self, ask: Ask) -> dict[str, bool]:
        _refuse_unknown(ask, {"alive"})
        if ask.flag("alive", default=True):
            self.behaviour.start()
        else:
            self.behaviour.stop()
        return {"alive": self.behaviour.alive}


def _given(method: str, query: Mapping[str, str], body: bytes) -> Mapping[str, Any]:
    if method == "GET" or not body:
        return query
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Impossible(f"not JSON: {error}", field="body") from None
    if not isinstance(data, dict):
        raise Impossible("a JSON object is wanted", field="body")
    return data


def _refuse_unknown(ask: Ask, known: set[str]) -> None:
    for name in ask.data:
        if name not in known:
            raise Impossible(f"unknown; known are {', '.join(sorted(known))}", field=name)


def _between(ask: Ask, name: str, least: int, most: int) -> int:
    value = ask.number(name)
    if not least <= value <= most:
        raise Impossible(f"from {least} to {most}", field=name)
    return value


def _moment(text: str, *, field: str = "since") -> datetime:
    """An ISO date or instant, Beijing time unless it says otherwise, or unix seconds."""
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text), BEIJING)
        parsed = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise Impossible("an ISO instant or unix seconds", field=field) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=BEIJING)


def _problem(status: int, message: str, field: str) -> Response:
    return status, dict(_JSON), [orjson.dumps({"error": message, "field": field})]


def _field_in(detail: str) -> str:
    """The field's name in the words of `Ask`: "missing x", "x should be …"."""
    words = detail.split()
    return words[1] if detail.startswith("missing ") else words[0] if words else ""


def _batches(lines: Iterable[str]) -> Iterable[bytes]:
    """Lines in pieces worth sending."""
    batch: list[str] = []
    for line in lines:
        batch.append(line)
        if len(batch) >= 500:
            yield "".join(batch).encode()
            batch.clear()
    if batch:
        yield "".join(batch).encode()
