"""Customer lifetime value (客户生命周期价值) from an order file."""

from __future__ import annotations

import csv
import json
import math
import os
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from analytics.metrics import study
from analytics.metrics.errors import BadOrderFile, BadPeriod, NotEnoughData
from analytics.metrics.maximum import Fit
from analytics.metrics.order_file import read_orders
from analytics.metrics.purchases import DAYS_PER_UNIT

PREDICTION_COLUMNS = (
    "customer_id",
    "x",
    "t_x",
    "T",
    "p_alive",
    "expected_orders",
    "expected_value",
    "ltv",
)


class Command(BaseCommand):
    """Reads a file, writes figures; needs no database."""

    help = (
        "Fit BG/NBD, MBG/NBD and Gamma-Gamma to a CSV file of orders "
        "(customer_id,paid_at,amount; .gz is fine), back-test them and predict every customer."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("orders", metavar="ORDERS.csv")
        parser.add_argument(
            "--calibration-end", required=True, metavar="DATE", help="last day to learn from"
        )
        parser.add_argument(
            "--holdout-end", metavar="DATE", help="last day to test on (default: the last order)"
        )
        parser.add_argument(
            "--start", metavar="DATE", help="ignore orders before this day (default: none)"
        )
        parser.add_argument(
            "--unit", choices=tuple(DAYS_PER_UNIT), default="week", help="unit of time"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--predictions", metavar="OUT.csv", help="write one line per customer (MBG/NBD)"
        )

    def handle(self, **options: Any) -> None:
        plan = study.Plan(
            calibration_end=_day("--calibration-end", options["calibration_end"]),
            holdout_end=_optional_day("--holdout-end", options["holdout_end"]),
            start=_optional_day("--start", options["start"]),
            unit=options["unit"],
        )
        path = Path(options["orders"])
        try:
            orders = read_orders(path, zone=timezone.get_default_timezone())
            result = study.run(orders.lines, plan)
        except BadOrderFile as error:
            raise CommandError(f"{path}: {error}.") from error
        except (BadPeriod, NotEnoughData) as error:
            said = str(error)
            raise CommandError(f"{said[0].upper()}{said[1:]}.") from error
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        if options["predictions"]:
            _write_predictions(Path(options["predictions"]), orders.names, result)
        report = figures(result)
        self.stdout.write(
            json.dumps(report, indent=2) if options["json"] else _table(report, result)
        )


def figures(result: study.Study) -> dict[str, Any]:
    """The result as JSON; a figure that does not exist is null."""
    spending, holdout = result.gamma_gamma, result.holdout
    return {
        "customers": len(result.summary.customer),
        "bgnbd": _fitted(result.bgnbd),
        "mbgnbd": _fitted(result.mbgnbd),
        "gamma_gamma": spending and {**_fitted(spending), "customers": spending.customers},
        "holdout": holdout
        and {
            "periods": _number(holdout.periods),
            "actual_repeat": _number(holdout.actual_repeat),
            "expected_repeat": _number(holdout.expected_repeat),
            "mae": _number(holdout.mae),
            "naive_mae": _number(holdout.naive_mae),
        },
    }


def _fitted(fit: Fit[Any]) -> dict[str, float | None]:
    named = {name: _number(value) for name, value in fit.parameters._asdict().items()}
    return {**named, "log_likelihood": _number(fit.log_likelihood)}


def _number(value: float) -> float | None:
    if not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else float(value)


def _day(option: str, written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise CommandError(f"{option} {written!r} is no date (expected like 2025-01-31).") from None


def _optional_day(option: str, written: str | None) -> date | None:
    return None if written is None else _day(option, written)


def _write_predictions(path: Path, names: list[str], result: study.Study) -> None:
    """All or nothing: a file that exists is complete."""
    summary, forecast = result.summary, result.forecast
    columns = (
        summary.x.astype(int),
        summary.t_x,
        summary.T,
        forecast.p_alive,
        forecast.expected_orders,
        forecast.expected_value,
        forecast.ltv,
    )
    rows = zip(
        (names[number] for number in summary.customer.tolist()),
        *(column.tolist() for column in columns),
        strict=True,
    )
    try:
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
                writer = csv.writer(out, lineterminator="\n")
                writer.writerow(PREDICTION_COLUMNS)
                writer.writerows(_blank_missing(row) for row in rows)
            Path(partial).chmod(0o644)
            Path(partial).replace(path)
        except OSError:
            Path(partial).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error


def _blank_missing(row: Iterable[Any]) -> list[Any]:
    return ["" if isinstance(cell, float) and math.isnan(cell) else cell for cell in row]


def _table(report: dict[str, Any], result: study.Study) -> str:
    lines = [f"Customers: {report['customers']} (time in {result.summary.unit}s)", ""]
    for name in ("bgnbd", "mbgnbd", "gamma_gamma"):
        block = report[name]
        if block is None:
            lines.append(f"{name:<12} no repeat order has a value")
            continue
        told = "  ".join(f"{key} {_short(value)}" for key, value in block.items())
        lines.append(f"{name:<12} {told}{_doubts(getattr(result, name))}")
    lines.append("")
    if report["holdout"] is None:
        lines.append("No hold-out: the calibration ends with the last order.")
    else:
        lines.append("Hold-out (BG/NBD)")
        lines += [f"  {key:<16} {_short(value):>12}" for key, value in report["holdout"].items()]
    forecast = result.forecast
    lines.append(
        f"\nNext {result.horizon:g} {result.summary.unit}s (MBG/NBD): "
        f"{forecast.expected_orders.sum():.1f} orders, LTV {_short(_number(forecast.ltv.sum()))} "
        "(margin 100 %, discount 10 % a year)"
    )
    return "\n".join(lines)


def _short(value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.4f}"


def _doubts(fit: Fit[Any]) -> str:
    if fit.at_bound:
        return f"  (the data do not determine {', '.join(fit.at_bound)})"
    return "" if fit.converged else "  (the search did not come to rest)"
