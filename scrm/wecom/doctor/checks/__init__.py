"""The floor's own checks, a module each for what they look at."""
