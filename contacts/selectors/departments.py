"""The tree of departments (部门), small enough to be read whole."""

from __future__ import annotations

from collections.abc import Iterable

from contacts.models import Department


def subtrees(department_ids: Iterable[int]) -> dict[int, set[int]]:
    """Each department with itself and everything below it. One query."""
    children: dict[int, set[int]] = {}
    ids = {}
    rows = Department.objects.values_list("pk", "wecom_id", "parent_wecom_id")
    for pk, wecom_id, parent in rows:
        ids[pk] = wecom_id
        children.setdefault(parent, set()).add(pk)
    found = {}
    for root in department_ids:
        below, waiting = {root}, [root]
        while waiting:
            for child in children.get(ids.get(waiting.pop(), -1), set()) - below:
                below.add(child)
                waiting.append(child)
        found[root] = below
    return found


def with_ancestors() -> dict[int, set[int]]:
    """Each department with itself and everything above it. One query."""
    above: dict[int, set[int]] = {}
    for root, below in subtrees(Department.objects.values_list("pk", flat=True)).items():
        for department in below:
            above.setdefault(department, set()).add(root)
    return above
