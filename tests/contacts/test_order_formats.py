"""The files of the usual shops are recognised by their headings and read as they mean it."""

from __future__ import annotations

import gzip
import zipfile
from datetime import UTC, datetime

import openpyxl
import pytest

from contacts.rules.order_formats import FORMATS, recognise
from contacts.rules.order_formats.mapped import mapped
from contacts.rules.order_lines import Fault, OrderLine
from contacts.services.order_faults import InvalidOrderFile
from contacts.services.order_file import OrderFile

# Headings as the shops export them, with columns nobody asks for among them.
TAOBAO = (
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,总金额,买家实际支付金额,订单状态,收货地址 ,"
    "联系手机,订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ,宝贝总数量,退款金额,打款商家金额\n"
)
JD = (
    "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,"
    "订单状态,订单类型,下单帐号,客户姓名,联系电话,商家备注等级（等级1-5为由高到低）,付款确认时间,货号,订单完成时间\n"
)
DOUYIN = (
    "主订单编号,子订单编号,选购商品,商品规格,商品数量,商家编码,订单应付金额,运费,收件人手机号,"
    "订单提交时间,支付完成时间,订单状态,售后状态\n"
)
YOUZAN = (
    "订单号,订单状态,订单创建时间,买家付款时间,订单实付金额,全部商品名称,商品种类数,"
    "收货人手机号/提货人手机号,买家手机号,订单退款状态,订单已退款金额\n"
)
YOUZAN_GOODS = (
    "订单号,商品名称,订单创建时间,订单实付金额,买家手机号,订单商品状态,商品编码,商品单价,商品数量,"
    "商品退款状态,商品已退款金额\n"
)


@pytest.fixture
def read(tmp_path):
    """Write a file; answers its lines and the file itself."""

    def lines(content, name="orders.csv", **options):
        path = tmp_path / name
        path.write_bytes(content.encode("gb18030") if isinstance(content, str) else content)
        file = OrderFile(path, **options)
        return [told for _number, _cells, told in file.told()], file

    return lines


def money(told):
    return [
        (line.amount_fen, line.refunded_fen) if isinstance(line, OrderLine) else line
        for line in told
    ]


def test_taobao_guards_its_numbers_and_shows_what_is_left_after_refunds(read):
    told, file = read(
        TAOBAO + '="29911142123210814","tb1","","1,236.55","1,236.55","1,236.55",'
        "买家已付款，等待卖家发货,x,'18086400812,2017-07-07 18:59:20,2017-07-07 19:00:46,刀,1,1,0.00,0元\n"
        '="2",t**1,,100,100,70,交易成功,x,,2017-07-07,2017-07-08,"A，B",2,3,30,70\n'
        '="3",tb3,,100,100,0,交易关闭,x,,2017-07-07,2017-07-08,刀,1,1,100,0\n'
        '="4",tb4,,50,60,50,交易成功,x,,2017-07-07,2017-07-08,刀,1,1,20,0\n'
        '="5",tb5,,50,50,0,交易关闭,x,,2017-07-07,,刀,1,1,0,0\n'
        '="6",tb6,,50,50,50,等待买家付款,x,,2017-07-07,,刀,1,1,0,0\n'
    )
    assert file.layout.name == "taobao"
    first, net, closed, points = told[:4]
    assert (first.order_id, first.phone) == ("29911142123210814", "18086400812")
    assert first.paid_at == datetime(2017, 7, 7, 11, 0, 46, tzinfo=UTC)
    assert (first.amount_fen, first.product, first.buyer_ref) == (123_655, "刀", "tb1")
    # A list of several goods is no product, a half hidden name is nobody.
    assert (net.product, net.buyer_ref) == ("", "")
    # 70 left of 100; closed after it was paid; 50 paid and 10 of points, 20 given back of the 50.
    assert money([net, closed, points]) == [(10_000, 3_000), (10_000, 10_000), (5_000, 2_000)]
    assert told[4:] == [None, None]
    assert file.left_out == 2


def test_jd_repeats_the_order_and_deletes_what_was_cancelled(read):
    told, file = read(
        JD + "11,1953,珍珠,1,在线支付,2015-12-31 23:19:56,758.00,1097.00,932.45,0.00,932.45,完成,"
        "销售订单,rds,王,13767111772,,2015-12-31 23:20:30,,\n"
        "12,1953,珍珠,2,在线支付,2015-12-31 23:19:56,758.00,1097.00,932.45,0.00,932.45,"
        "(删除)等待出库,销售订单,rds,王,137****1772,,2015-12-31 23:20:30,H1,\n"
        "13,1953,珍珠,1,在线支付,2015-12-31 23:19:56,758.00,1097.00,932.45,0,932.45,等待付款,"
        "销售订单,rds,王,,,,,\n"
        "14,1953,珍珠,1,货到付款,2015-12-31 23:19:56,1,1,9.9,0,9.9,完成,x,rds,王,,,,,2016-01-03 08:00:00\n"
    )
    assert file.layout.name == "jd"
    assert money(told) == [(93_245, 0), (93_245, 93_245), None, (990, 0)]
    assert (told[0].buyer_ref, told[0].sku, told[1].sku) == ("rds", "1953", "H1")
    assert (told[1].phone, told[3].paid_at.day) == ("", 3)


def test_douyin_has_money_for_each_part_and_hides_phones(read):
    told, file = read(
        DOUYIN + '"\t9001","\t90011","\t皂",袋,1,"\tA1","1,029.90",0,$$密文12345678==,'
        "2026-09-22 00:54:00,2026-09-22 00:54:10,已完成,-\n"
        '"\t9001","\t90012","\t皂",袋,2,"\tA2",10.00,0,138****0000,'
        "2026-09-22 00:54:00,2026-09-22 00:54:10,已关闭,退款成功\n"
        '"\t9002","\t90021","\t皂",袋,1,-,9.90,0,138****0000,2026-09-22 00:54:00,-,待支付,-\n'
        '"\t9003","\t90031","\t皂",袋,1,-,9.90,0,138****0000,2026-09-22 00:54:00,-,已关闭,-\n'
    )
    assert file.layout.name == "douyin"
    assert money(told) == [(102_990, 0), (1_000, 1_000), None, None]
    assert [(line.order_id, line.item_fen, line.phone) for line in told[:2]] == [
        ("9001", 102_990, ""),
        ("9001", 1_000, ""),
    ]


def test_youzan_knows_payer_and_pieces_and_what_was_given_back(read):
    told, file = read(
        YOUZAN + "E1,交易完成,2026-06-19 10:00:00,2026-06-19 10:01:00,100.00,益生元(2件),1,"
        "13811112222,13800138000,部分退款,25.50\n"
        "E2,交易关闭,2026-06-19 10:00:00,2026-06-19 10:01:00,100.00,益生元,1,13811112222,,,\n"
        "E3,交易关闭,2026-06-19 10:00:00,,100.00,益生元,1,13811112222,,,\n"
    )
    assert file.layout.name == "youzan"
    assert money(told) == [(10_000, 2_550), (10_000, 10_000), None]
    assert (told[0].phone, told[0].product, told[0].quantity) == ("13800138000", "益生元", 2)
    assert told[1].phone == "13811112222"


def test_youzans_report_of_goods_has_refunds_for_each(read):
    told, file = read(
        YOUZAN_GOODS + "E1,茶,2026-06-19 10:00:00,100.00,13800138000,已发货,T1,60,1,,0\n"
        "E1,杯,2026-06-19 10:00:00,100.00,13800138000,已发货,C1,40,1,退款成功,40.00\n"
    )
    assert (file.layout.name, file.layout.refund_per_line) == ("youzan_goods", True)
    assert money(told) == [(10_000, 0), (10_000, 4_000)]


def test_wecoms_payments_are_fen_and_seconds(read):
    told, file = read(
        "transaction_id,bill_type,pay_time,out_trade_no,external_userid,total_fee,total_refund_fee\n"
        "t1,0,1605171726,o1,wmX,19900,100\nt2,1,1605171799,o1,wmX,100,0\n"
    )
    assert file.layout.name == "wecom"
    assert money(told) == [(19_900, 100), None]
    assert told[0].paid_at == datetime(2020, 11, 12, 9, 2, 6, tzinfo=UTC)


def test_a_number_that_a_spreadsheet_rounded_names_no_order(read):
    told, _file = read(TAOBAO + "4.35E+17,tb,,1,1,1,交易成功,x,,2017-07-07,2017-07-08,刀,1,1,0,0\n")
    assert [problem.fault for problem in told[0]] == [Fault.ROUNDED_NUMBER]


def test_a_mapping_reads_any_headings_leniently(read):
    layout = mapped({"order_id": "单号", "paid_at": "时间", "amount": "钱", "phone": "电话"})
    told, _file = read(
        "时间,钱,电话,单号\n2026-3-1 9:05,¥1,,\n2026-3-1 9:05,￥1234.50元,138 0000 1111,7\n",
        layout=layout,
    )
    assert isinstance(told[0], list)
    assert (told[1].amount_fen, told[1].phone) == (123_450, "13800001111")
    with pytest.raises(InvalidOrderFile, match="paid_at"):
        read("钱,电话\n1,2\n", layout=layout)


@pytest.mark.parametrize("pack", ["gz", "zip", "xlsx", "xlsx in zip", "tabs", "utf-16"])
def test_a_file_is_read_whatever_it_is_packed_in(read, tmp_path, pack):
    text = "订单号,付款时间,实付金额,手机号\n001,2026-03-01 10:00:00,88.10,13800001111\n"
    path = tmp_path / "packed"
    if pack == "gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif pack == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("__MACOSX/x.csv", "")
            archive.writestr("订单.csv", text.encode("gb18030"))
    elif pack == "tabs":
        path.write_text(text.replace(",", "\t"))
    elif pack == "utf-16":
        path.write_text(text.replace(",", "\t"), encoding="utf-16")
    else:
        book = openpyxl.Workbook()
        for row in text.splitlines():
            book.active.append(row.split(","))
        book.active["B2"], book.active["C2"] = datetime(2026, 3, 1, 10), 88.1  # noqa: DTZ001
        book.save(path)
        if pack == "xlsx in zip":
            inner = path.read_bytes()
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("a.xlsx", inner)
    told, _file = read(path.read_bytes())
    assert [(line.order_id, line.amount_fen) for line in told] == [("001", 8_810)]


def test_what_cannot_be_opened_is_refused_with_what_to_do(read):
    for content, words in (
        (b"\xd0\xcf\x11\xe0old excel", "xlsx"),
        (b"PK\x03\x04nonsense", "cannot be read|无法读取"),
        (b"\x1f\x8bxx", "cannot be read|无法读取"),
    ):
        with pytest.raises(InvalidOrderFile, match=words):
            read(content)


def test_nobodys_headings_are_recognised_as_nobodys():
    assert recognise(["a", "b"]) is None
    assert recognise(["paid_at", "amount", "phone"]).name == "plain"
    for layout in FORMATS.values():
        if layout.signature:
            assert recognise(sorted(layout.signature)).name == layout.name
