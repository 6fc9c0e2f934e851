"""CDNOW: the order log behind the published figures, as the development package lifetimes ships it.

The 1-in-10 sample of the papers (2,357 customers) and the full log (23,570); calibration ends
after 39 weeks, on 30 September 1997, the hold-out after 39 more, on 30 June 1998.
"""

from __future__ import annotations

from datetime import date
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from analytics.metrics import bgnbd, gamma_gamma, mbgnbd
from analytics.metrics.purchases import OrderLines, merge_days, purchases_after, summarise

CALIBRATION_END = date(1997, 9, 30)
HOLDOUT_END = date(1998, 6, 30)


@pytest.fixture(scope="session")
def cdnow_folder() -> Path:
    """Found without importing lifetimes, which takes seconds and warns."""
    return Path(find_spec("lifetimes").submodule_search_locations[0]) / "datasets"


@pytest.fixture(scope="session")
def cdnow(cdnow_folder) -> OrderLines:
    """Order lines of the sample: 6,919 rows `master id, id, date, quantity, amount`."""
    rows = [row.split() for row in (cdnow_folder / "CDNOW_sample.txt").read_text().splitlines()]
    return _lines([row[1:] for row in rows])


@pytest.fixture(scope="session")
def cdnow_master(cdnow_folder) -> OrderLines:
    """Order lines of the full log: 69,659 rows `id, date, quantity, amount`."""
    text = (cdnow_folder / "CDNOW_master.txt").read_text()
    return _lines([row.split() for row in text.splitlines()[1:]])


def _lines(rows) -> OrderLines:
    days = [f"{row[1][:4]}-{row[1][4:6]}-{row[1][6:]}" for row in rows]
    return OrderLines(
        customer=np.array([int(row[0]) for row in rows]),
        day=np.array(days, dtype="datetime64[D]"),
        amount=np.array([float(row[3]) for row in rows]),
    )


@pytest.fixture(scope="session")
def days(cdnow):
    """Purchase days of the sample."""
    return merge_days(cdnow)


@pytest.fixture(scope="session")
def summary(days):
    """The sample at the end of calibration, in weeks."""
    return summarise(days, calibration_end=CALIBRATION_END)


@pytest.fixture(scope="session")
def history(summary):
    return summary.history


@pytest.fixture(scope="session")
def held_out(days, summary):
    """How often each customer of the sample bought in weeks 40–78."""
    return purchases_after(days, summary, calibration_end=CALIBRATION_END, until=HOLDOUT_END)


@pytest.fixture(scope="session")
def bg(history):
    """BG/NBD fitted to the sample."""
    return bgnbd.fit(history)


@pytest.fixture(scope="session")
def mbg(history):
    """MBG/NBD fitted to the sample."""
    return mbgnbd.fit(history)


@pytest.fixture(scope="session")
def spend(summary):
    """Gamma-Gamma fitted to the sample."""
    return gamma_gamma.fit(summary.x, summary.repeat_value)
