"""How often and how many at once, over all processes together (限流). See `limits.py`."""
