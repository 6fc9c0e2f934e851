"""Order files as work that Postgres owns: looked at, checked, imported, stopped, taken up again."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from itertools import count

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from contacts.models import ContactFacts, Order, OrderImport, OrderItem, OrderMapping
from contacts.services import order_import_work as work
from contacts.services import order_uploads as uploads
from contacts.services.order_faults import InvalidOrderFile
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from scrm.errors import InvalidInput
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db

HEADER = "order_id,unionid,phone,paid_at,amount,refunded,sku\n"
DOUYIN = "主订单编号,子订单编号,选购商品,商品数量,商家编码,订单应付金额,收件人手机号,支付完成时间,订单状态,售后状态\n"


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def keep(operator):
    def kept(text, source="shop"):
        return uploads.keep_upload(
            chunks=[text.encode()], name="o.csv", source=source, operator=operator, now=NOW
        )

    return kept


def carry_on(imported, *, turns=99, **options):
    """Let a worker have some turns, each as short as can be."""
    for _turn in range(turns):
        seconds = count()
        more = work.work_order_import(
            imported_id=imported.pk,
            clock=lambda seconds=seconds: NOW + timedelta(seconds=next(seconds)),
            until=NOW + timedelta(seconds=3),
            **options,
        )
        if not more:
            break
    imported.refresh_from_db()
    return imported


def checked(imported, operator):
    uploads.start_check(imported_id=imported.pk, operator=operator, now=NOW)
    return carry_on(imported)


def started(imported, operator, *, takes_good=False):
    uploads.start_import(imported_id=imported.pk, takes_good=takes_good, operator=operator, now=NOW)
    return imported


def test_a_check_says_what_an_import_then_does(keep, operator):
    amy = rows.contact(unionid="u1")
    rows.order(amy, external_id="0", amount_fen=500)
    imported = checked(
        keep(
            f"{HEADER}0,u1,,2026-03-01,6.00,,\n1,u1,,2026-03-01,10.00,2.50,T\n2,u9,,2026-03-02,5,,\n"
        ),
        operator,
    )
    assert (imported.state, imported.refused) == ("checked", 0)
    said = imported.report
    assert [said[key] for key in ("orders", "new", "changed", "matched")] == [3, 2, 1, 2]
    assert not Order.objects.filter(external_id="1").exists()
    done = carry_on(started(imported, operator))
    assert (done.state, done.result) == ("done", said)
    facts = ContactFacts.objects.get(pk=amy.pk)
    assert (facts.order_count, facts.revenue_fen, facts.refunded_fen) == (2, 1_600, 250)
    assert AuditEntry.objects.get(action="order.import").details["orders"] == 3


def test_parts_of_an_order_are_added_up_and_its_refund_with_them(keep, operator):
    imported = checked(
        keep(
            DOUYIN + '"\t9001","\t1",皂,1,A1,20.00,138****0000,2026-03-01 10:00:00,已完成,-\n'
            '"\t9001","\t2",茶,2,A2,10.00,138****0000,2026-03-01 10:00:00,已关闭,退款成功\n'
            '"\t9002","\t3",茶,1,A2,10.00,138****0000,-,待支付,-\n'
        ),
        operator,
    )
    assert (imported.format, imported.left_out, imported.orders) == ("douyin", 1, 1)
    carry_on(started(imported, operator))
    order = Order.objects.get()
    assert (order.external_id, order.amount_fen, order.refunded_fen) == ("9001", 3_000, 1_000)
    paid = dict(OrderItem.objects.values_list("product__sku", "amount_fen"))
    assert paid == {"A1": 2_000, "A2": 1_000}


def test_one_bad_line_refuses_its_order_and_without_a_word_the_file(keep, operator):
    imported = checked(
        keep(
            f"{HEADER}1,u1,,2026-03-01,10.00,,A\n1,u1,,2026-03-01,ten,,B\n2,u1,,2026-03-01,5.00,,\n"
            "3,u1,,2026-03-01,7.00,,A\n3,u1,,2026-03-01,8.00,,B\n4,=2+5,,yesterday,1.00,,\n"
        ),
        operator,
    )
    assert (imported.orders, imported.refused) == (1, 5)
    assert list(imported.faults.order_by("line").values_list("line", flat=True)) == [2, 3, 5, 6, 7]
    with pytest.raises(InvalidInput):
        started(imported, operator)
    assert not Order.objects.exists()
    carry_on(started(imported, operator, takes_good=True))
    assert Order.objects.get().external_id == "2"

    text = uploads.error_file_of(imported).read_text(encoding="utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0][:3] == ["order_id", "unionid", "phone"]
    assert [line[0] for line in lines[1:]] == ["1", "1", "3", "3", "4"]
    assert lines[-1][1] == "'=2+5"
    assert "yesterday" in lines[-1][-1]


def test_an_amount_under_what_was_given_back_is_refused_by_the_trial(keep, operator):
    rows.order(None, external_id="1", amount_fen=1_000, refunded_fen=600, buyer_unionid="u1")
    text = "order_id,unionid,paid_at,amount\n1,u1,2026-03-01,5.00\n2,u1,2026-03-01,5.00\n"
    imported = checked(keep(text), operator)
    assert (imported.orders, imported.refused, imported.report["new"]) == (1, 1, 1)
    assert imported.faults.get().problems[0]["fault"] == "amount_under_refund"


def test_a_worker_that_comes_later_goes_on_where_the_last_one_stood(keep, operator):
    # Files without numbers count equal lines, over every turn.
    text = "customer_id,date,amount\n" + "7,1997-01-01,11.77\n" * 5 + "8,1997-01-01,1.00\n"
    imported = keep(text)
    uploads.start_check(imported_id=imported.pk, operator=operator, now=NOW)
    carry_on(imported, turns=1, at_once=2)
    assert 0 < imported.lines_read < 6
    assert carry_on(imported, at_once=2).report["new"] == 6
    started(imported, operator)
    carry_on(imported, turns=1, at_once=2)
    assert 0 < Order.objects.count() < 6
    assert carry_on(imported, at_once=2).result["new"] == 6
    assert Order.objects.count() == 6
    again = checked(keep(text), operator)
    assert again.report == {**imported.result, "new": 0}


def test_a_stopped_import_keeps_what_is_written_and_leaves_no_file(keep, operator):
    imported = checked(keep(f"{HEADER}1,u1,,2026-03-01,1,,\n2,u1,,2026-03-01,1,,\n"), operator)
    carry_on(started(imported, operator), turns=1, at_once=1)
    written = Order.objects.count()
    assert written == 1
    assert uploads.cancel_import(imported_id=imported.pk, operator=operator, now=NOW)
    assert carry_on(imported).state == "cancelled"
    assert Order.objects.count() == written
    path = uploads.path_of(imported)
    assert path.exists()
    uploads.put_away_imports(now=NOW)
    assert not path.exists()
    assert not imported.lines.exists()
    assert not uploads.cancel_import(imported_id=imported.pk, operator=operator, now=NOW)


def test_a_file_nobody_goes_on_with_is_put_away_and_a_silent_one_is_queued_again(keep, operator):
    left, silent = keep(f"{HEADER}1,u1,,2026-03-01,1,,\n"), keep(f"{HEADER}1,u1,,2026-03-01,1,,\n")
    uploads.start_check(imported_id=silent.pk, operator=operator, now=NOW)
    later = NOW + timedelta(days=2)
    assert uploads.hand_out_due_order_imports(now=later) == 1
    assert uploads.put_away_imports(now=later) == 1
    left.refresh_from_db()
    assert left.state == "cancelled"
    uploads.path_of(silent).unlink()
    assert carry_on(silent).state == "failed"


def test_a_mapping_is_kept_for_its_source(keep, operator):
    text = "单号,日期,钱,电话\n7,2026-03-01,¥1,13800001111\n"
    imported = keep(text)
    assert imported.format == ""
    with pytest.raises(InvalidInput):
        uploads.start_check(imported_id=imported.pk, operator=operator, now=NOW)
    uploads.choose_format(
        imported_id=imported.pk,
        format_name="mapping",
        mapping={
            "columns": {"order_id": "单号", "paid_at": "日期", "amount": "钱", "phone": "电话"}
        },
        save_as="Counter",
        operator=operator,
        now=NOW,
    )
    imported.refresh_from_db()
    assert checked(imported, operator).report["revenue_fen"] == 100
    assert keep(text).format == "mapping"
    assert keep(text, source="other").format == ""


def test_the_page_leads_from_a_file_to_its_orders(operator_client):
    def send(path, **data):
        return operator_client.post(path, data, follow=True)

    upload = SimpleUploadedFile(
        "o.csv", "单号,日期,钱,电话\n7,2026-03-01,¥1,13800001111\n".encode()
    )
    page = send("/orders/import/", source="shop", file=upload)
    imported = OrderImport.objects.get()
    base = f"/order-imports/{imported.pk}/"
    assert "13800001111" in page.content.decode()  # an administrator's own file
    assert page.context["asks_mapping"]
    page = send(base, paid_at="日期", amount="钱")
    assert page.context["mapping_form"].errors
    page = send(base, order_id="单号", paid_at="日期", amount="钱", phone="电话", save_as="A")
    assert page.context["understood"][0]["line"].amount_fen == 100
    assert OrderMapping.objects.get().name == "A"
    send(f"{base}check/")
    assert operator_client.get(f"{base}progress/").status_code == 200
    carry_on(imported)
    assert operator_client.get(base).context["report"].new == 1
    send(f"{base}start/", take="all")
    carry_on(imported)
    assert operator_client.get(f"{base}progress/").headers["HX-Refresh"] == "true"
    assert operator_client.get(base).context["imported"].state == "done"
    assert Order.objects.get().external_id == "7"
    assert operator_client.get("/orders/import/").context["rows"][0][2]["new"] == 1


def test_files_of_others_are_for_who_sees_everybody(client, keep, operator):
    imported = checked(keep(f"{HEADER}1,,,2026-03-01,x,,\n"), operator)
    path = f"/order-imports/{imported.pk}/refused/"
    client.force_login(build.operator(role=Role.LEAD))
    assert client.get(f"/order-imports/{imported.pk}/").status_code == 403
    client.force_login(build.operator(role=Role.OPERATOR))
    assert client.post(path).status_code == 302  # whole phone numbers
    client.force_login(operator)
    answer = client.post(path)
    assert "x" in b"".join(answer.streaming_content).decode("utf-8-sig")


def test_a_file_that_is_no_table_is_not_kept(operator_client, tmp_path):
    upload = SimpleUploadedFile("orders.csv", bytes(range(128, 256)) * 9)
    page = operator_client.post("/orders/import/", {"source": "shop", "file": upload})
    assert "不是 UTF-8 或 GB18030 编码" in page.content.decode()
    assert str(tmp_path) not in page.content.decode()
    assert not list((tmp_path / "order-imports").iterdir())


def test_the_command_reads_formats_mappings_and_good_lines(tmp_path, operator):
    path = tmp_path / "douyin.csv"
    path.write_text(
        DOUYIN + "9001,1,皂,1,A1,20.00,138,2026-03-01 10:00:00,已完成,-\n"
        "9001,2,茶,1,A2,5.00,138,2026-03-01 10:00:00,已完成,-\n"
        "9002,3,茶,1,A2,5.00,,2026-03-01 10:00:00,已完成,-\n"
    )

    def run(*options):
        out = io.StringIO()
        call_command("import_orders", str(path), "--json", *options, stdout=out)
        return json.loads(out.getvalue())

    with pytest.raises(CommandError):
        run()
    assert not Order.objects.exists()
    report = run("--take-good", "--source", "dy")
    assert (report["format"], report["new"], report["refused"]) == ("douyin", 1, 1)
    assert Order.objects.get(source="dy").amount_fen == 2_500
    assert "9002" in (tmp_path / "douyin.csv.refused.csv").read_text(encoding="utf-8-sig")
    with pytest.raises(CommandError, match="paid_at"):
        run("--format", "jd")
    with pytest.raises(CommandError):
        run("--mapping", "none")
    OrderMapping.objects.create(
        source="dy",
        name="own",
        columns={
            "order_id": "子订单编号",
            "paid_at": "支付完成时间",
            "amount": "订单应付金额",
            "customer_id": "收件人手机号",
        },
        saved_at=NOW,
    )
    path.write_text(DOUYIN + "9003,77,茶,1,A2,5.00,138,2026-03-01 10:00:00,已完成,-\n")
    assert run("--mapping", "own", "--source", "dy", "--dry-run")["new"] == 1
    assert not Order.objects.filter(external_id="77").exists()


def test_a_file_refused_as_a_whole_says_so(tmp_path, operator):
    with pytest.raises(InvalidOrderFile):
        uploads.keep_upload(
            chunks=[b"\xd0\xcf\x11\xe0"], name="a.xls", source="s", operator=operator, now=NOW
        )
