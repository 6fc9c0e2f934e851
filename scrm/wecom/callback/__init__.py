"""Callbacks (回调): verify, store, answer, then hand to the handler an app registered."""
