"""A test goes to colleagues in the app's chat: marked, in every version, to no customer."""

import pytest

from broadcasts.models import Touch
from broadcasts.services import compose
from broadcasts.services.trial import send_trial
from scrm import wecom
from scrm.errors import InvalidInput
from tests import build
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW

pytestmark = pytest.mark.django_db
LINK = {"msgtype": "link", "link": {"title": "Shop", "url": "https://shop.example/a"}}


def test_each_colleague_reads_every_version_marked_as_a_test(corp):
    anna, bert = rows.crew(corp, 2, per_head=1)
    spring = rows.broadcast()
    compose.write_variants(
        spring,
        [
            {"letter": "A", "share": 50, "text": "{员工姓名} A", "attachments": [LINK]},
            {"letter": "B", "share": 50, "text": "长" * 1000, "attachments": []},
        ],
    )
    assert send_trial(broadcast=spring, staff=[anna, bert], operator=build.operator(), now=NOW) == 2
    texts = [
        message.content["content"]
        for message in corp.state.app_messages.values()
        if message.delivered == [anna.userid]
    ]
    assert "Spring" in texts[0]
    assert f"{anna.name} A" in texts[0]
    assert "https://shop.example/a" in texts[0]
    assert "".join(texts).count("长") == 1000
    assert not corp.state.tasks()
    assert not Touch.objects.exists()


def test_nobody_and_everybody_are_refused_and_wecoms_no_is_told(corp):
    (anna,) = rows.crew(corp, 1, per_head=0)
    spring, operator = rows.broadcast(), build.operator()
    for staff in ([], [anna] * 21):
        with pytest.raises(InvalidInput):
            send_trial(broadcast=spring, staff=staff, operator=operator, now=NOW)
    corp.state.faults.add("message/send", "errcode", 40056)
    with pytest.raises(wecom.WeComError):
        send_trial(broadcast=spring, staff=[anna], operator=operator, now=NOW)
