"""Console pages about customers, tags, orders and syncs."""
