"""Learning rates that are out of the range of their optimizer."""

from collections.abc import Iterator

from kerasdl.finding import Finding

LOWEST = 1e-7
"""The step of Adam is about the rate: smaller ones are lost in float32."""
HIGHEST = {"sgd": 10.0, **dict.fromkeys(("adam", "adamw", "nadam", "adamax"), 0.1)}
HIGHEST |= dict.fromkeys(("rmsprop", "lion"), 0.1)
"""Highest rate of an optimizer; others have none."""
FAR = 10.0
"""A rate so many times the highest one is an error."""
WHY_HIGH = {
    "sgd": "a step beyond the minimum of a steep direction climbs its other side; "
    "LeCun et al. 1998, Efficient BackProp, section 5",
    "": "a step of Adam moves each weight by about the rate, whatever the gradient; "
    "Kingma & Ba 2015, https://arxiv.org/abs/1412.6980, section 2.1",
}
WHY_LOW = "weights of 1 change by less than the rounding of float32, which is 6e-8"


def rate_findings(
    optimizer: str, highest: float, where: str = "learning_rate"
) -> Iterator[Finding]:
    """Yield a finding if a rate is out of range.

    Args:
        optimizer: The name of the optimizer, in lower case.
        highest: The highest rate of its schedule.
        where: The key or attribute of the rate.
    """
    limit = HIGHEST.get(optimizer)
    if highest < LOWEST:
        severity, rule, why = "error", f">= {LOWEST:g}", WHY_LOW
    elif limit is not None and highest > limit:
        severity = "error" if highest > FAR * limit else "warning"
        rule, why = f"<= {limit:g}", WHY_HIGH.get(optimizer, WHY_HIGH[""])
    else:
        return
    yield Finding(
        "learning-rate",
        f"the learning rate of {optimizer} is {highest:g}",
        "try kerasdl lr-find",
        where,
        highest,
        rule,
        severity,
        why=why,
    )
