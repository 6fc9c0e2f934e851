"""The control API (`/sim/…`): looking at the world, and moving it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import orjson

from scrm.simulator import browsing, overview, pages, phone
from scrm.simulator.acts import ACTS
from scrm.simulator.ask import Ask
from scrm.simulator.behaviour import Behaviour
from scrm.simulator.corp import Corp
from scrm.simulator.errors import ApiError, Impossible
from scrm.simulator.forms import instant, refuse_unknown
from scrm.simulator.steering import Steering

Response = tuple[int, dict[str, str], Iterable[bytes]]
_JSON = {"Content-Type": "application/json; charset=UTF-8"}


class Control:
    """Answers control requests for one corp; bad input is 400 with the field's name."""

    def __init__(self, corp: Corp) -> None:
        self._corp = corp
        self.console_url = ""
        self._steering = steering = Steering(corp)
        self._routes: dict[tuple[str, str], Callable[[Ask], Any]] = {
            ("GET", "state"): lambda _ask: overview.state(corp, alive=self.behaviour.alive),
            ("GET", "pulse"): self._pulse,
            ("GET", "ledger"): lambda ask: overview.ledger(corp, ask),
            ("GET", "tasks"): lambda ask: overview.tasks(corp, ask),
            ("GET", "calls"): lambda _ask: overview.calls(corp),
            ("GET", "contact"): lambda ask: overview.contact(corp, ask),
            ("GET", "people"): lambda _ask: overview.people(corp),
            ("DELETE", "calls"): self._forget_calls,
            ("POST", "confirm"): self._confirm,
            ("POST", "ignore"): self._ignore,
            ("POST", "publish"): self._publish,
            ("GET", "moments"): lambda _ask: overview.moments(corp),
            ("GET", "app_messages"): lambda ask: overview.app_messages(corp, ask),
            ("POST", "sign_in"): self._sign_in,
            ("POST", "open"): self._open,
            ("POST", "act"): self._act,
            ("GET", "clock"): lambda _ask: overview.clock(corp),
            ("POST", "clock"): steering.clock,
            ("GET", "faults"): steering.faults,
            ("POST", "faults"): steering.add_fault,
            ("DELETE", "faults"): steering.clear_faults,
            ("GET", "callbacks"): lambda _ask: overview.callbacks(corp),
            ("POST", "callbacks"): steering.callbacks,
            ("GET", "callbacks/latest"): lambda ask: overview.letters(corp, ask),
            ("GET", "callbacks/fates"): steering.fates,
            ("POST", "callbacks/fates"): steering.add_fate,
            ("DELETE", "callbacks/fates"): steering.clear_fates,
            ("GET", "settings"): lambda _ask: asdict(corp.settings),
            ("POST", "settings"): steering.settings,
            ("POST", "tokens/revoke"): lambda _ask: {"revoked": corp.revoke_tokens()},
            ("GET", "behaviour"): steering.habits,
            ("POST", "behaviour"): steering.set_habits,
            **{("GET", f"phone/{name}"): partial(view, corp) for name, view in phone.VIEWS.items()},
        }

    @property
    def behaviour(self) -> Behaviour:
        return self._steering.behaviour

    def handle(
        self, method: str, path: str, query: Mapping[str, str], body: bytes = b""
    ) -> Response:
        """HTTP status, headers and body of one control request."""
        name = path.removeprefix("/sim").strip("/")
        try:
            if method == "GET" and (found := self._file(name, query)) is not None:
                return found
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

    def _file(self, name: str, query: Mapping[str, str]) -> Response | None:
        """What is not JSON: the page, its parts, pictures, the shop's export."""
        if name == "" or name.startswith("page/"):
            return pages.page(name.removeprefix("page/"))
        if name == "picture":
            return pages.picture(self._corp.vault.get(phone.picture_id(self._corp, Ask(query))))
        return self._orders(Ask(query)) if name == "orders.csv" else None

    def _orders(self, ask: Ask) -> Response:
        since = instant(ask.text("since")).timestamp() if ask.has("since") else 0
        lines = self._corp.orders_csv(since=int(since))
        return 200, {"Content-Type": "text/csv; charset=UTF-8"}, _batches(lines)

    def _pulse(self, _ask: Ask) -> dict[str, Any]:
        """What the page asks for every second: cheap in any world."""
        return {
            "clock": overview.clock(self._corp),
            "alive": self.behaviour.alive,
            "console_url": self.console_url,
            "callbacks": overview.callbacks(self._corp),
            **overview.letters(self._corp, Ask({"limit": 30})),
        }

    def _confirm(self, ask: Ask) -> dict[str, int]:
        refuse_unknown(ask, {"msgid", "userid", "all", "chosen"})
        msgid, userid = ask.text("msgid", ""), ask.text("userid", "")
        if not (msgid or userid or ask.flag("all", default=False)):
            raise Impossible('name a msgid or a userid, or say "all": true', field="all")
        if msgid and msgid not in self._corp.broadcasts:
            raise Impossible(f"no task {msgid!r}", field="msgid")
        chosen = set(ask.texts("chosen")) if ask.has("chosen") else None
        if chosen is not None and not (msgid and userid):
            raise Impossible("choosing needs a msgid and a userid", field="chosen")
        return {"reached": self._corp.confirm(msgid or None, userid or None, chosen=chosen)}

    def _ignore(self, ask: Ask) -> dict[str, bool]:
        refuse_unknown(ask, {"msgid", "userid"})
        self._corp.ignore(ask.text("msgid"), ask.text("userid"))
        return {"ignored": True}

    def _publish(self, ask: Ask) -> dict[str, int]:
        refuse_unknown(ask, {"moment_id", "userid", "all"})
        moment_id, userid = ask.text("moment_id", ""), ask.text("userid", "")
        if not (moment_id or userid or ask.flag("all", default=False)):
            raise Impossible('name a moment_id or a userid, or say "all": true', field="all")
        if moment_id and moment_id not in self._corp.moments:
            raise Impossible(f"no moment {moment_id!r}", field="moment_id")
        return {"reached": self._corp.publish_moments(moment_id or None, userid or None)}

    def _sign_in(self, ask: Ask) -> dict[str, str]:
        refuse_unknown(ask, {"userid", "external_userid", "private"})
        userid, external_userid = ask.text("userid", ""), ask.text("external_userid", "")
        private = ask.flag("private", default=False)
        return {"code": self._corp.sign_in(userid, external_userid, private=private)}

    def _open(self, ask: Ask) -> dict[str, Any]:
        """A customer taps a link; the product's own addresses are really asked."""
        refuse_unknown(ask, {"external_userid", "url"})
        ours = {browsing.origin(url) for url in (self.console_url, self._corp.callbacks.url) if url}
        return browsing.open_link(
            self._corp, ask.text("external_userid"), ask.text("url"), trusted=ours
        )

    def _act(self, ask: Ask) -> dict[str, Any]:
        name = ask.text("act")
        if name not in ACTS:
            raise Impossible(f"one of {', '.join(ACTS)}", field="act")
        act, known = ACTS[name]
        refuse_unknown(ask, {"act", *known})
        return {"act": name, **act(self._corp, ask, self._corp.chance)}

    def _forget_calls(self, _ask: Ask) -> dict[str, Any]:
        self._corp.calls.reset()
        self._corp.limits.reset()
        return overview.calls(self._corp)


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
