"""How messages name items of the library (素材引用). Pure.

`{"msgtype": "material", "material": 7}` means the current version of item 7, with a "version"
that one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeGuard

MSGTYPE = "material"
_LARGEST = 2**63 - 1


class Reference(NamedTuple):
    material: int
    version: int | None = None


def reference_of(attachment: object) -> Reference | None:
    """The item an attachment names; None when it names none."""
    if not isinstance(attachment, Mapping) or attachment.get("msgtype") != MSGTYPE:
        return None
    material, version = attachment.get("material"), attachment.get("version")
    if not _is_number(material):
        return Reference(0)
    return Reference(material, version if _is_number(version) else None)


def references_in(data: object) -> Iterator[Reference]:
    """Every item named anywhere in nested lists and objects, such as a journey's definition."""
    found = reference_of(data)
    if found is not None:
        yield found
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from references_in(value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from references_in(value)


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST
