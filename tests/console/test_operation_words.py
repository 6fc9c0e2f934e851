"""Whatever the code records has words for people."""

from __future__ import annotations

import re
from pathlib import Path

from scrm.audit.words import ACTIONS, AREAS
from scrm.console.pages import entries

ROOT = Path(__file__).resolve().parent.parent.parent
_RECORDED = re.compile(r'action="([a-z_]+\.[a-z_]+)"')


def recorded():
    for app in ("scrm", "contacts", "groups", "broadcasts", "analytics"):
        for path in (ROOT / app).rglob("*.py"):
            yield from _RECORDED.findall(path.read_text(encoding="utf-8"))


def test_every_recorded_action_has_words_and_an_area():
    found = set(recorded())
    assert found
    assert found - set(ACTIONS) == set()
    assert [action for action in ACTIONS if not action.startswith(tuple(AREAS))] == []


def test_every_page_with_a_place_in_the_menu_has_a_permission():
    assert [entry.name for entry in entries() if entry.label and not entry.permission] == ["home"]
