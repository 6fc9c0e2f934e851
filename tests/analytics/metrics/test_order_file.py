import gzip
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from analytics.metrics.errors import BadOrderFile
from analytics.metrics.order_file import read_orders

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def read(tmp_path):
    def read(content, *, zone=SHANGHAI):
        path = tmp_path / "orders.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_orders(path, zone=zone)

    return read


def test_customers_are_numbered_as_they_appear_and_extra_columns_ignored(read):
    found = read(
        "order_id,customer_id,amount,paid_at\n1,b,2.50,2025-01-02\n\n2,a,3,2025-01-01\n3,b,0,2025-01-02\n"
    )
    assert found.names == ["b", "a"]
    assert found.lines.customer.tolist() == [0, 1, 0]
    assert found.lines.day.astype(str).tolist() == ["2025-01-02", "2025-01-01", "2025-01-02"]
    assert found.lines.amount.tolist() == [2.5, 3, 0]


def test_date_is_another_name_for_paid_at(read):
    assert read("customer_id,date,amount\na,1997-01-01,1\n").names == ["a"]


def test_a_file_for_the_order_import_names_its_buyers_by_what_each_line_fills(read):
    found = read(
        "order_id,unionid,phone,paid_at,amount\n1,oz1,138,2025-01-01,5\n2,,139,2025-01-01,5\n"
    )
    assert found.names == ["oz1", "139"]


def test_spreadsheets_may_add_a_byte_order_mark_and_carriage_returns(read):
    assert read("\ufeffCustomer_ID, paid_at ,amount\r\n张三,2025-01-01,1\r\n").names == ["张三"]


def test_gzip_is_recognised_by_its_content(read):
    packed = gzip.compress(b"customer_id,paid_at,amount\na,2025-01-01,1\n")
    assert read(packed).names == ["a"]


@pytest.mark.parametrize(
    ("written", "zone", "day"),
    [
        ("2025-01-01 23:59:59", SHANGHAI, "2025-01-01"),
        ("2025-01-01T16:00:00Z", SHANGHAI, "2025-01-02"),
        ("2025-01-01T16:00:00Z", UTC, "2025-01-01"),
        ("2025-01-02T00:30:00+08:00", UTC, "2025-01-01"),
    ],
)
def test_a_time_counts_for_its_business_day(read, written, zone, day):
    found = read(f"customer_id,paid_at,amount\na,{written},1\n", zone=zone)
    assert str(found.lines.day[0]) == day


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "the file is empty"),
        ("customer_id,paid_at,amount\n", "holds no orders"),
        ("unionid,phone,paid_at,amount\n,,2025-01-01,1\n", "line 2: unionid / phone is empty"),
        ("paid_at,amount\n2025-01-01,1\n", "column customer_id is missing"),
        ("customer_id,amount\na,1\n", r"line 1: column paid_at is missing \(found: customer_id"),
        ("customer_id,paid_at,amount\na,2025-01-01,1\na,yesterday,1\n", "line 3: paid_at 'yest"),
        ("customer_id,paid_at,amount\na,2025-02-30,1\n", "line 2: paid_at '2025-02-30' is no date"),
        ("customer_id,paid_at,amount\na,2025-01-01,12元\n", "line 2: amount '12元' is no number"),
        ("customer_id,paid_at,amount\na,2025-01-01,nan\n", "line 2: amount 'nan' is no number"),
        ("customer_id,paid_at,amount\na,2025-01-01,1_0\n", "line 2: amount '1_0' is no number"),
        ("customer_id,paid_at,amount\na,2025-01-01,-1\n", "line 2: amount '-1' is negative"),
        ("customer_id,paid_at,amount\n ,2025-01-01,1\n", "line 2: customer_id is empty"),
        ("customer_id,paid_at,amount\na,2025-01-01\n", "line 2: has 2 fields"),
        ('customer_id,paid_at,amount\n"a\nb",2025-01-01,x\n', "line 3: amount"),
        ("customer_id,paid_at,amount\n张,2025-01-01,1\n".encode("gbk"), "not UTF-8"),
        (
            gzip.compress(b"customer_id,paid_at,amount\n" + b"a,2025-01-01,1\n" * 999, mtime=0)[
                :-9
            ],
            "damaged or cut short",
        ),
    ],
)
def test_what_is_wrong_is_said_with_line_and_field(read, content, sentence):
    with pytest.raises(BadOrderFile, match=sentence):
        read(content)
