"""What orders say about customers: pure functions over arrays, without Django and without a clock.

Every formula, its source and what it cannot say: docs/metrics.md.
"""
