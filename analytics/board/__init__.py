"""What pages show of the figures: read once, drawn, tabulated, written to a file."""
