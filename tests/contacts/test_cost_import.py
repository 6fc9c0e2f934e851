"""Costs from a file: looked at first, all lines or none, each once."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from contacts.models import Channel, CostEntry
from contacts.services.cost_import import import_costs, read_costs
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db

FILE = """渠道,日期,金额,备注
海报,2026-03-01,"1,234.50",印刷
gw-2,2026/3/2,¥0.29,
海报,2026-03-03,-34.50,退款
"""


@pytest.fixture
def channels(db):
    times = {"due_at": NOW, "created_at": NOW, "updated_at": NOW}
    return [
        Channel.objects.create(name=name, kind="named", status="live", state=state, **times)
        for name, state in (("海报", "gw-1"), ("Ad", "gw-2"))
    ]


def test_a_file_is_looked_at_before_anything_is_written(channels, operator_client):
    upload = SimpleUploadedFile("costs.csv", FILE.encode("gb18030"))
    page = operator_client.post("/channel-costs/import/", {"file": upload, "check": "1"})
    assert (len(page.context["fresh"]), page.context["total_fen"]) == (3, 123_450 + 29 - 3_450)
    assert not CostEntry.objects.exists()
    text = page.context["form"].initial["text"]
    assert operator_client.post("/channel-costs/import/", {"text": text, "write": "1"}).url
    assert sorted(CostEntry.objects.values_list("channel__name", "amount_fen")) == [
        ("Ad", 29),
        ("海报", -3_450),
        ("海报", 123_450),
    ]
    assert AuditEntry.objects.filter(action="channel.import_costs").count() == 1


def test_the_same_file_again_adds_nothing_and_new_lines_are_found(channels, operator):
    assert import_costs(text=FILE, operator=operator, now=NOW) == 3
    again = FILE + "海报,2026-03-01,1234.50,印刷\n"
    # Two equal lines are two costs, of which one is there.
    assert import_costs(text=again, operator=operator, now=NOW) == 1
    assert import_costs(text=again, operator=operator, now=NOW) == 0


@pytest.mark.parametrize(
    "line",
    [
        "Nobody,2026-03-01,1,",
        "海报,1 March,1,",
        "海报,2026-03-01,1.234,",
        "海报,2026-03-01,NaN,",
        "海报,2026-03-01,0,x",
        "海报,2026-03-01,-5,",
        "海报,2026-02-30,5,",
        "海报",
    ],
)
def test_one_line_that_cannot_be_read_stops_all(channels, operator, line):
    lines = read_costs(FILE + line + "\n", now=NOW)
    assert [bool(each.problem) for each in lines] == [False, False, False, True]
    with pytest.raises(InvalidInput):
        import_costs(text=FILE + line, operator=operator, now=NOW)
    assert not CostEntry.objects.exists()


def test_a_name_of_two_channels_and_a_file_without_headings_are_refused(channels):
    Channel.objects.filter(name="Ad").update(name="海报")
    assert read_costs(FILE, now=NOW)[0].problem
    assert not read_costs(FILE, now=NOW)[1].problem
    for text in ("", "1,2,3\n", "channel,day\n"):
        with pytest.raises(InvalidInput, match=r"."):
            read_costs(text, now=NOW)
