"""Pure functions from arrays and histories to findings."""
