"""The rows behind charts as CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, TypeAlias

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.views.generic import View

from scrm.console.datasets import Dataset
from scrm.console.export import csv_response
from scrm.console.views import Guarded

# From the name in the address to the dataset as this operator may see it.
Datasets: TypeAlias = Mapping[str, Callable[[HttpRequest], Dataset]]


class DatasetDownload(Guarded, View):
    """One of `datasets` as a file; subclasses name them and the permission."""

    http_method_names = ["get"]
    datasets: ClassVar[Datasets]

    def get(self, request: HttpRequest, dataset: str) -> StreamingHttpResponse:
        if dataset not in self.datasets:
            raise Http404
        found = self.datasets[dataset](request)
        return csv_response(f"{dataset}.csv", found.header, found.file_rows())
