"""The gateway and the simulator know the same APIs of WeCom."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from scrm.simulator.endpoints import ENDPOINTS
from scrm.wecom.gateway import Gateway

WECOM = Path("scrm/wecom")
API = re.compile(r"[a-z]+(?:/[a-z0-9_]+)+|gettoken|getcallbackip|get_jsapi_ticket")

# What the simulator serves although the gateway has no use for it, and why.
NOT_CALLED = {
    "user/getuserinfo": "the old address of auth/getuserinfo, for clients other than ours",
}


def _called() -> set[str]:
    """Every API named in the gateway: texts and f-texts whose parts are known in the module."""
    files = [*(WECOM / "gateway").glob("*.py"), WECOM / "token.py"]
    found = {text for file in files for text in _texts(file) if API.fullmatch(text)}
    # The beginning that several APIs share (`_AREA`) is none itself.
    return {one for one in found if not any(other.startswith(f"{one}/") for other in found)}


def _texts(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text())
    known = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield _joined(node, known)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _joined(node: ast.JoinedStr, known: dict[str, object]) -> str:
    parts = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        elif isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name):
            parts.append(str(known.get(part.value.id, "?")))
        else:
            parts.append("?")
    return "".join(parts)


def test_every_api_the_gateway_calls_is_simulated():
    called = _called()
    assert len(called) > 80
    assert called - set(ENDPOINTS) == set()


def test_every_simulated_api_is_called_or_has_a_reason_not_to_be():
    assert set(ENDPOINTS) - _called() == set(NOT_CALLED)


def test_every_call_names_its_api_in_full():
    """An address put together from an argument could not be found by the two tests above."""
    for file in (WECOM / "gateway").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr) and "/" in ast.unparse(node):
                known = {"_AREA": "area", "_GROUPS": "area"}
                assert "?" not in _joined(node, known), f"{file}: {ast.unparse(node)}"


def test_the_guide_names_each_api_with_its_method():
    rows = re.findall(r"^\| `(\S+)` \| `(\w+)` \|", Path("docs/wecom.md").read_text(), re.MULTILINE)
    told = {path.replace("…", "externalcontact"): method for path, method in rows}
    assert len(told) > 50
    assert set(told) <= set(ENDPOINTS)
    assert not [method for method in told.values() if not hasattr(Gateway, method)]
