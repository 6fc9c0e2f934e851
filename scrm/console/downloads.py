"""The rows behind charts as CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, TypeAlias

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.views.generic import View

from scrm.console.datasets import Dataset
from scrm.console.export import csv_response
from scrm.console.models import Operator
from scrm.console.views import Guarded, operator_of

# From the name in the address to the dataset as this operator may see it.
Datasets: TypeAlias = Mapping[str, Callable[[HttpRequest], Dataset]]


class DatasetDownload(Guarded, View):
    """One of `datasets` as a file; subclasses name them and the permission.

    Those of the `whole` speak of every customer, whoever asks: nobody gets them who sees only some.
    """

    http_method_names = ["get"]
    datasets: ClassVar[Datasets]
    whole: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def is_shown(cls, dataset: str, operator: Operator) -> bool:
        """Whether there is such a dataset for an operator who has the permission."""
        is_there = dataset in cls.datasets
        return is_there and (operator.sees_everything or dataset not in cls.whole)

    def get(self, request: HttpRequest, dataset: str) -> StreamingHttpResponse:
        if not self.is_shown(dataset, operator_of(request)):
            raise Http404
        found = self.datasets[dataset](request)
        return csv_response(f"{dataset}.csv", found.header, found.file_rows())
