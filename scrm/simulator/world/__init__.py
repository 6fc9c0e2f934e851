"""Building a world: a Chinese tea brand with its people, groups and orders.

The same size, seed and day always give the same world.
"""

from scrm.simulator.world.build import Buyers, build, read_buyers

__all__ = ["Buyers", "build", "read_buyers"]
