"""Collect the texts of the interface, merge their Chinese, compile the catalogue.

    python scripts/messages.py            write locale/zh_Hans/LC_MESSAGES/django.{po,mo}
    python scripts/messages.py --check    write nothing; exit 1 when something is not in order

The Chinese is written by hand in `locale/zh_Hans/parts/<area>.po`. A text may stand in several
parts as long as they agree. Needs no GNU gettext; the output carries no dates, so that the same
input gives the same bytes.
"""

from __future__ import annotations

import argparse
import ast
import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("scrm", "contacts", "groups", "broadcasts", "analytics", "templates")
LOCALE = ROOT / "locale" / "zh_Hans"
# Texts of installed packages that ship no Chinese: not found in our sources, yet not unused.
FOREIGN_PARTS = frozenset({"unfold"})

KEYWORDS = frozenset(
    f"{name}{suffix}"
    for name in ("gettext", "ngettext", "pgettext", "npgettext")
    for suffix in ("", "_lazy", "_noop")
) | {"_"}

# (context, text): what a translation is looked up by.
Key = tuple[str, str]


@dataclass
class Merged:
    """All translations of the parts, and what is wrong with them."""

    entries: dict[Key, Message] = field(default_factory=dict)
    areas: dict[Key, list[str]] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 on problems")
    options = parser.parse_args()

    used = collect()
    merged = merge(sorted((LOCALE / "parts").glob("*.po")))
    po, mo = compiled(merged)
    problems = find_problems(used, merged)
    if options.check:
        problems += stale({"django.po": po, "django.mo": mo})
    else:
        folder = LOCALE / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "django.po").write_bytes(po)
        (folder / "django.mo").write_bytes(mo)
    for problem in problems:
        print(problem)
    print(f"{len(used)} texts, {len(merged.entries)} translations, {len(problems)} problems")
    return 1 if options.check and problems else 0


def collect() -> dict[Key, str]:
    """Every text of our sources with the first file that uses it."""
    used: dict[Key, str] = {}
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if "migrations" in path.parts or path.suffix not in {".py", ".html", ".txt"}:
                continue
            for key in texts(path):
                if key[1]:
                    used.setdefault(key, str(path.relative_to(ROOT)))
    return used


def texts(path: Path) -> Iterator[Key]:
    source = path.read_text(encoding="utf-8")
    return python_texts(source) if path.suffix == ".py" else template_texts(source, path)


def python_texts(source: str) -> Iterator[Key]:
    """Texts of calls such as `_("…")`; what is computed is not a text of ours."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        function = getattr(node.func, "id", getattr(node.func, "attr", ""))
        arguments = [a.value for a in node.args if isinstance(a, ast.Constant)]
        if function in KEYWORDS and arguments and isinstance(arguments[0], str):
            yield _key(function, arguments)


def template_texts(source: str, path: Path) -> Iterator[Key]:
    calls = io.BytesIO(as_python(source, path).encode())
    for _line, function, arguments, _comments in extract_python(
        calls, list(KEYWORDS), [], {"encoding": "utf-8"}
    ):
        yield _key(function, [arguments] if isinstance(arguments, str) else list(arguments))


def as_python(template: str, path: Path) -> str:
    """A template as calls of gettext. Indentation goes: it would mean something to a tokenizer."""
    from django.utils.translation.template import templatize

    calls = templatize(template, origin=str(path))
    return "\n".join(line.lstrip() for line in calls.splitlines())


def _key(function: str, arguments: Sequence[str | None]) -> Key:
    context, text = arguments[:2] if "pgettext" in function else ("", arguments[0])
    return (context or "", text or "")


def merge(parts: Iterable[Path]) -> Merged:
    merged = Merged()
    for path in parts:
        with path.open("rb") as file:
            catalog = read_po(file, locale="zh_Hans", abort_invalid=True)
        for message in catalog:
            if not message.id:
                continue
            key = key_of(message)
            known = merged.entries.setdefault(key, message)
            merged.areas.setdefault(key, []).append(path.stem)
            if known.string != message.string:
                areas = ", ".join(merged.areas[key])
                merged.conflicts.append(f"conflict: {key[1]!r} has different Chinese in {areas}")
    return merged


def key_of(message: Message) -> Key:
    text = message.id if isinstance(message.id, str) else message.id[0]
    return (message.context or "", text)


def compiled(merged: Merged) -> tuple[bytes, bytes]:
    """The merged catalogue as .po and .mo."""
    catalog = Catalog(
        locale="zh_Hans",
        header_comment="# Made by scripts/messages.py from parts/*.po; change those.",
        creation_date=datetime(2000, 1, 1, tzinfo=UTC),
        revision_date=datetime(2000, 1, 1, tzinfo=UTC),
        fuzzy=False,
    )
    for key in sorted(merged.entries):
        message = merged.entries[key]
        catalog.add(message.id, message.string, context=message.context, flags=message.flags)
    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, catalog, width=100, omit_header=False)
    write_mo(mo, catalog)
    return po.getvalue(), mo.getvalue()


def find_problems(used: dict[Key, str], merged: Merged) -> list[str]:
    translated = {key for key, message in merged.entries.items() if _is_translated(message)}
    missing = [
        f"missing: {text!r} ({path})"
        for (context, text), path in sorted(used.items())
        if (context, text) not in translated
    ]
    unused = [
        f"unused: {key[1]!r} in {', '.join(areas)}"
        for key, areas in sorted(merged.areas.items())
        if key not in used and not FOREIGN_PARTS.issuperset(areas)
    ]
    broken = [
        f"placeholders differ: {message.id!r}"
        for message in merged.entries.values()
        if "python-format" in message.flags and list(message.check())
    ]
    return missing + unused + broken + merged.conflicts


def _is_translated(message: Message) -> bool:
    strings = [message.string] if isinstance(message.string, str) else list(message.string)
    return bool(strings) and all(strings)


def stale(outputs: dict[str, bytes]) -> list[str]:
    problems = []
    for name, content in outputs.items():
        path = LOCALE / "LC_MESSAGES" / name
        if not path.exists() or path.read_bytes() != content:
            problems.append(f"stale: {path.relative_to(ROOT)}; run scripts/messages.py")
    return problems


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")
    sys.exit(main())
