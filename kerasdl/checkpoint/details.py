"""Validation of the untrusted `state.json` of a checkpoint."""

from collections.abc import Callable
from typing import Any

from kerasdl.errors import ModelFileError

Rule = Callable[[Any], bool]
MAX_INTEGER = 2**53


def is_text(value: Any) -> bool:
    """Return whether a value is a string."""
    return isinstance(value, str)


def is_count(value: Any) -> bool:
    """Return whether a value is an integer from 0 to 2**53."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and 0 <= value <= MAX_INTEGER


def is_number(value: Any) -> bool:
    """Return whether a value is a number; NaN is one."""
    return isinstance(value, float) or (
        isinstance(value, int) and abs(value) < MAX_INTEGER
    )


def optional(rule: Rule) -> Rule:
    """Return a rule that also accepts None."""
    return lambda value: value is None or rule(value)


def list_of(rule: Rule) -> Rule:
    """Return a rule for a list whose items all pass `rule`."""
    return lambda value: isinstance(value, list) and all(map(rule, value))


def table_of(rule: Rule) -> Rule:
    """Return a rule for a dict whose values all pass `rule`."""
    return lambda value: isinstance(value, dict) and all(map(rule, value.values()))


def table(**rules: Rule) -> Rule:
    """Return a rule for a dict with these keys, and possibly others."""
    return lambda value: (
        isinstance(value, dict)
        and all(name in value and rule(value[name]) for name, rule in rules.items())
    )


def _is_saved_value(value: Any) -> bool:
    """Return whether a value is the saved value of a callback attribute."""
    return isinstance(value, dict) and (
        list(value) == ["value"]
        or (list(value) == ["arrays"] and is_count(value["arrays"]))
    )


def _is_callback(value: Any) -> bool:
    """Return whether a value is the saved state of a callback; 0.1.0 saved no name."""
    valid = table(kind=is_text, state=table_of(_is_saved_value))(value)
    return valid and is_text(value.get("name", ""))


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
"""The rules for a checkpoint of `fit`."""
CAPSULE: dict[str, Rule] = MODEL | {"epoch": is_count, "batch": is_count}
"""The rules for the capsule of a run."""


def check(details: Any, rules: dict[str, Rule]) -> None:
    """Check the details of a checkpoint against `RUN` or `CAPSULE`.

    Raises:
        ModelFileError: For the first key that is missing or invalid.
    """
    if not isinstance(details, dict):
        raise _invalid("is not a JSON object")
    for name, rule in rules.items():
        if name not in details:
            raise _invalid(f"has no {name!r}")
        if not rule(details[name]):
            raise _invalid(f"has an invalid {name!r}")


def _invalid(what: str) -> ModelFileError:
    hint = "restore it from a copy, or train again"
    return ModelFileError(f"state.json of the checkpoint {what}", hint)
