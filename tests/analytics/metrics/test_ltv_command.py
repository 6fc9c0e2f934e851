"""`manage.py ltv`: what scripts rely on."""

import csv
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

SPLIT = ("--calibration-end", "1997-09-30", "--holdout-end", "1998-06-30")


@pytest.fixture
def cdnow_csv(tmp_path, cdnow):
    path = tmp_path / "cdnow.csv"
    rows = zip(cdnow.customer, cdnow.day, cdnow.amount, strict=True)
    with path.open("w") as out:
        out.write("customer_id,paid_at,amount\n")
        out.writelines(f"{customer},{day},{amount}\n" for customer, day, amount in rows)
    return path


def run(*arguments):
    out = StringIO()
    call_command("ltv", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_the_json_has_the_promised_keys_and_the_published_figures(cdnow_csv):
    found = json.loads(run(cdnow_csv, *SPLIT, "--json"))
    assert found["customers"] == 2357
    parameters = ["r", "alpha", "a", "b", "log_likelihood"]
    assert list(found["bgnbd"]) == list(found["mbgnbd"]) == parameters
    assert list(found["bgnbd"].values()) == pytest.approx(
        [0.243, 4.414, 0.793, 2.426, -9582.4], abs=0.05
    )
    assert list(found["mbgnbd"].values()) == pytest.approx(
        [0.52484, 6.18308, 0.89136, 1.614, -9582.1357], rel=2e-4
    )
    assert list(found["gamma_gamma"]) == ["p", "q", "v", "log_likelihood", "customers"]
    assert found["gamma_gamma"]["customers"] == 946
    assert found["holdout"].keys() == {
        *("periods", "actual_repeat", "expected_repeat", "mae", "naive_mae")
    }
    assert found["holdout"]["actual_repeat"] == 1882
    assert found["holdout"]["periods"] == 39


def test_predictions_are_one_line_per_customer(cdnow_csv, tmp_path):
    out = tmp_path / "predictions.csv"
    run(cdnow_csv, *SPLIT, "--predictions", out)
    rows = list(csv.DictReader(out.open()))
    assert list(rows[0]) == [
        *("customer_id", "x", "t_x", "T"),
        *("p_alive", "expected_orders", "expected_value", "ltv"),
    ]
    assert len(rows) == 2357
    assert rows[0]["customer_id"] == "1"
    assert rows[0]["x"] == "2"
    assert all(0 <= float(row["p_alive"]) <= 1 and float(row["ltv"]) > 0 for row in rows)


def test_without_json_people_can_read_it(cdnow_csv):
    found = run(cdnow_csv, *SPLIT)
    assert "Customers: 2357" in found
    assert "expected_repeat" in found


def test_without_values_money_is_null_and_blank(tmp_path):
    path, out = tmp_path / "free.csv", tmp_path / "out.csv"
    rows = [f"{i},2025-01-0{1 + d},0\n" for i in range(9) for d in range(i % 3 + 1)]
    path.write_text("customer_id,paid_at,amount\n" + "".join(rows))
    arguments = (path, "--calibration-end", "2025-01-03", "--unit", "day", "--predictions", out)
    found = json.loads(run(*arguments, "--json"))
    assert found["gamma_gamma"] is None
    assert found["holdout"] is None
    assert next(csv.DictReader(out.open()))["ltv"] == ""
    assert "no repeat order has a value" in run(*arguments)


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        ("", (), "the file is empty"),
        ("customer_id,paid_at\na,2025-01-01\n", (), "column amount is missing"),
        ("customer_id,paid_at,amount\na,01/02/2025,1\n", (), "line 2: paid_at '01/02/2025'"),
        ("customer_id,paid_at,amount\na,2025-01-01,free\n", (), "line 2: amount 'free'"),
        ("customer_id,paid_at,amount\na,2025-02-01,1\n", (), "lies outside the orders"),
        ("customer_id,paid_at,amount\na,2025-01-01,1\n", (), "Nobody has bought again"),
        (
            "customer_id,paid_at,amount\na,2025-01-01,1\n",
            ("--holdout-end", "soon"),
            "--holdout-end 'soon' is no date",
        ),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence_and_nothing_is_written(
    tmp_path, content, options, sentence
):
    path, out = tmp_path / "orders.csv", tmp_path / "out.csv"
    path.write_text(content)
    with pytest.raises(CommandError, match=sentence) as refusal:
        run(path, "--calibration-end", "2025-01-01", "--predictions", out, *options)
    assert refusal.value.returncode == 1
    assert "\n" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"missing\.csv cannot be read: No such file"):
        run(tmp_path / "missing.csv", "--calibration-end", "2025-01-01")


def test_a_place_that_cannot_be_written_is_named(cdnow_csv, tmp_path):
    with pytest.raises(CommandError, match=r"out\.csv cannot be written"):
        run(cdnow_csv, *SPLIT, "--predictions", tmp_path / "nowhere" / "out.csv")
