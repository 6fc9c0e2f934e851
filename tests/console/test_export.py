"""CSV downloads: no cell that a spreadsheet would run, nothing held in memory."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse

from scrm.console.export import csv_response, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+86", "-2", "@cmd", "\tx", "\rx", "  =1", "＝1"])
def test_text_that_a_spreadsheet_would_run_is_made_text(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-5, 3.5, "plain", "a=b", "老客户"])
def test_numbers_and_plain_text_stay_as_they_are(value):
    assert safe_cell(value) == value


def test_a_download_is_streamed_and_opens_as_utf_8():
    pulled = []

    def lines():
        for number in range(3):
            pulled.append(number)
            yield [number, '=HYPERLINK("x")', "a,b", None]

    response = csv_response("x.csv", ["n", "f", "c", "e"], lines())
    chunks = iter(response.streaming_content)
    assert next(chunks) == "\ufeff".encode()
    assert pulled == []
    rest = b"".join(chunks).decode()
    assert list(csv.reader(io.StringIO(rest)))[1] == ["0", '\'=HYPERLINK("x")', "a,b", ""]


@pytest.mark.django_db
def test_a_file_speaks_the_language_of_its_reader_although_it_is_made_while_it_is_sent(
    operator_client,
):
    operator_client.cookies["django_language"] = "en"
    answer = operator_client.get(reverse("console:analytics-download", args=["revenue"]))
    head = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()[0]
    assert head.startswith("Month")
