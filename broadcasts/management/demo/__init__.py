"""What the demo's tea shop has made of the product; each module fills one kind of page."""
