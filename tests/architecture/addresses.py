"""Every address of the project, walked out of the resolver, with a way to fill its blanks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from tests.architecture.world import World


@dataclass(frozen=True)
class Address:
    """One pattern. `name` carries its namespace, `route` is as written in the URLconf."""

    name: str
    route: str
    view: object

    @property
    def area(self) -> str:
        return self.name.partition(":")[0] if ":" in self.name else ""

    def path(self, there: World) -> str:
        """The address with its blanks filled by what the world holds."""
        route = self.route
        first = route.removeprefix("api/v1/").strip("^").partition("/")[0]
        number = str(there.numbers.get(first, 0))
        for blank, value in (
            ("<int:pk>", number),
            (r"(?P<pk>[^/.]+)", number),
            ("<str:reason>", "chosen"),
            ("<int:run>", str(there.numbers["journey-runs"])),
            ("<int:enrolment>", str(there.numbers["enrolments"])),
            ("<str:place>", "entry"),
            ("<slug:code>", "abcdefgh"),
            ("<slug:source>", "tmall"),
            ("<slug:dataset>", _dataset_of(self.view)),
            ("(?P<dataset>[a-z0-9-]+)", "ltv-course"),
            ("<id>", str(there.operators["admin"].pk)),
            ("<path:content_type_id>/<path:object_id>", f"1/{there.product.pk}"),
            ("<path:object_id>", str(_row_of(self.name, there))),
            (r"(?P<app_label>", "("),
            (r"(?P<url>.*)$", "nothing/"),
            ("<drf_format_suffix:format>", ".json"),
            (r"\.(?P<format>[a-z0-9]+)/?", ".json"),
        ):
            route = route.replace(blank, value)
        # A choice of words (the admin's apps): the last of them.
        route = re.sub(r"\((?:\w+\|)*(\w+)\)", r"\1", route)
        return "/" + route.replace("^", "").replace("$", "")


def _dataset_of(view: object) -> str:
    """One of the datasets that a download offers."""
    datasets = getattr(getattr(view, "view_class", None), "datasets", {"": None})
    return next(iter(datasets))


def _row_of(name: str, there: World) -> object:
    for word, row in (
        ("operator", there.operators["admin"]),
        ("staff", there.alice),
        ("department", there.department),
        ("product", there.product),
    ):
        if word in name:
            return row.pk
    return 0


def every_address() -> list[Address]:
    return list(_walk(get_resolver(), "", ""))


def _walk(resolver: URLResolver, route: str, space: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        here = route + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{entry.namespace}:" if entry.namespace else ""
            yield from _walk(entry, here, space + inner)
        elif isinstance(entry, URLPattern):
            yield Address(space + (entry.name or ""), here, entry.callback)
