"""A format that an operator put together (字段映射): which column holds what."""

from __future__ import annotations

from collections.abc import Mapping

from contacts.rules.order_formats.layout import Layout

NAME = "mapping"


def mapped(
    columns: Mapping[str, str], *, amount_per_line: bool = False, is_net: bool = False
) -> Layout:
    """A layout of `columns`, our field → the file's heading; fields without a heading are left out.

    Values are read as leniently as those of the shops, states by the usual words.
    """
    return Layout(
        name=NAME,
        columns={name: (column,) for name, column in columns.items() if column},
        amount_per_line=amount_per_line,
        refund_per_line=amount_per_line,
        is_net=is_net,
    )
