"""Numbers of channels."""


def multiple_of_8(channels: float) -> int:
    """Return channels, rounded to a multiple of 8 that is at least 0.9 times as many."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded
