"""Console pages about customer groups, a module for each area."""
