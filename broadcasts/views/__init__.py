"""Pages of the section 触达: broadcasts and the house rules."""
