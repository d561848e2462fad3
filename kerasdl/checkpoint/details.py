"""What `state.json` must hold before anything of it is believed."""

from collections.abc import Callable
from typing import Any

from kerasdl.errors import ModelFileError

Rule = Callable[[Any], bool]
LARGEST = 2**53


def is_text(value: Any) -> bool:
    """Tell whether a value is text."""
    return isinstance(value, str)


def is_count(value: Any) -> bool:
    """Tell whether a value is a number of things."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and 0 <= value <= LARGEST


def is_number(value: Any) -> bool:
    """Tell whether a value is a number, which may be NaN."""
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < LARGEST)


def optional(rule: Rule) -> Rule:
    """Return the rule that also lets None pass."""
    return lambda value: value is None or rule(value)


def list_of(rule: Rule) -> Rule:
    """Return the rule that a value is a list, each item of which passes."""
    return lambda value: isinstance(value, list) and all(map(rule, value))


def table_of(rule: Rule) -> Rule:
    """Return the rule that a value is a table, each value of which passes."""
    return lambda value: isinstance(value, dict) and all(map(rule, value.values()))


def table(**rules: Rule) -> Rule:
    """Return the rule that a value is a table with these keys, and maybe others."""
    return lambda value: (
        isinstance(value, dict)
        and all(name in value and rule(value[name]) for name, rule in rules.items())
    )


def _is_kept(value: Any) -> bool:
    """Tell whether a value is one that a callback remembers."""
    return isinstance(value, dict) and (
        list(value) == ["value"]
        or (list(value) == ["arrays"] and is_count(value["arrays"]))
    )


def _is_callback(value: Any) -> bool:
    """Tell whether a value is what is kept of a callback; 0.1.0 gave it no name."""
    kept = table(kind=is_text, state=table_of(_is_kept))(value)
    return kept and is_text(value.get("name", ""))


RANDOM = table(
    backend=is_text,
    python=table(version=is_count, gauss=optional(is_number)),
    numpy=table(pos=is_count, has_gauss=is_count, gauss=is_number),
)
MODEL = {"optimizer": is_text, "dtypes": table_of(is_text)}
RUN: dict[str, Rule] = MODEL | {
    "epoch": is_count,
    "batch": is_count,
    "stopped": lambda value: isinstance(value, bool),
    "random": RANDOM,
    "epoch_random": RANDOM,
    "callbacks": list_of(_is_callback),
    "history": list_of(table_of(lambda _: True)),
    "best": optional(
        table(step=is_count, epoch=is_count, monitor=is_text, value=is_number)
    ),
}
"""What a checkpoint of `fit` holds."""
CAPSULE: dict[str, Rule] = MODEL | {"epoch": is_count, "batch": is_count}
"""What the capsule of a run holds."""


def check(details: Any, rules: dict[str, Rule]) -> None:
    """Check what a checkpoint says of itself, against `RUN` or `CAPSULE`.

    Raises:
        ModelFileError: With the first key that is missing or holds something else.
    """
    if not isinstance(details, dict):
        raise _fault("no table")
    for name, rule in rules.items():
        if name not in details:
            raise _fault(f"no {name!r}")
        if not rule(details[name]):
            raise _fault(f"another kind of {name!r} than Checkpoint writes")


def _fault(what: str) -> ModelFileError:
    hint = "restore it from a copy, or train again"
    return ModelFileError(f"state.json of the checkpoint holds {what}", hint)
