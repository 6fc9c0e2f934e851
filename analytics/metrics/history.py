"""A repeat-buying history, the three numbers per customer that the drop-out models look at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analytics.metrics.arrays import Flags, Floats, Numbers, floats
from analytics.metrics.errors import NotEnoughData


class History(NamedTuple):
    """Arrays of one length, one entry a customer, times in one unit (days or weeks).

    x counts repeat purchase days, t_x is the time of the last one (0 for x = 0), T the time
    watched; both since the first purchase day.
    """

    x: Numbers
    t_x: Numbers
    T: Numbers

    def arrays(self) -> tuple[Floats, Floats, Floats]:
        """The three as float64."""
        return floats(self.x), floats(self.t_x), floats(self.T)

    def usable(self) -> tuple[Floats, Floats, Floats]:
        """The three, if a model can be fitted to them.

        Raises ValueError for arrays that are no history, NotEnoughData when nobody bought again.
        """
        x, t_x, T = self.arrays()  # noqa: N806
        if not x.shape == t_x.shape == T.shape or x.ndim != 1:
            raise ValueError("x, t_x and T must be arrays of one length")
        sound: Flags = (x >= 0) & (t_x >= 0) & (t_x <= T) & np.isfinite(x) & np.isfinite(T)
        if not sound.all():
            wrong = int(np.argmin(sound))
            raise ValueError(f"customer {wrong}: needs x ≥ 0 and 0 ≤ t_x ≤ T, all finite")
        if np.any(x != np.rint(x)):
            raise ValueError("x must be whole numbers")
        if np.any((x == 0) != (t_x == 0)):
            raise ValueError("t_x must be 0 exactly where x is 0")
        if not x.any():
            raise NotEnoughData("nobody has bought again, so there is no repeat buying to learn")
        return x, t_x, T
