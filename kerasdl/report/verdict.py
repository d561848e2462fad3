"""A sentence about a run, for somebody who reads no further."""

from collections.abc import Mapping, Sequence
from typing import Any

from kerasdl.report.scale import text_of
from kerasdl.rundir import number, numbers

STATUSES = {"diverged": "The run diverged.", "unfinished": "The run has not ended."}


def verdict(
    result: Mapping[str, Any],
    epochs: Sequence[Mapping[str, Any]],
    diagnosis: str = "",
) -> str:
    """Return what the run reached, and whether that is more than a baseline.

    Args:
        result: The content of `result.json`.
        epochs: The lines of `metrics.jsonl`.
        diagnosis: What explains the run; empty if nothing needs to be.
    """
    parts = []
    if (status := result.get("status")) != "completed":
        parts.append(STATUSES.get(str(status), f"The run is {status}."))
    scores = numbers(result.get("test", {}))
    scores.pop("loss", None)
    baselines = {
        name: numbers(each) for name, each in (result.get("baseline") or {}).items()
    }
    shared = [
        name for name in scores if any(name in each for each in baselines.values())
    ]
    if names := shared or [*scores]:
        name, value = names[0], scores[names[0]]
        best = number(result.get("best", {}).get("epoch"))
        place = f" after epoch {best + 1} of {len(epochs)}" if best is not None else ""
        parts.append(f"Test {_words(name)} {text_of(value)}{place}.")
    compared = [
        (ends["low"], ends["high"], _words(name))
        for name, each in (result.get("baseline") or {}).items()
        if {"low", "high"} <= (ends := numbers(each.get("margin", {}))).keys()
    ]
    if compared:
        low, high, name = min(compared)
        if low > 0:
            said = f"That is better than each baseline, by at least {low:.3g}"
        elif high < 0:
            said = f"The baseline “{name}” is better"
        else:
            said = f"That is no clear gain over the baseline “{name}”"
        parts.append(f"{said} (95 % interval {low:.3g} to {high:.3g}).")
    elif shared:
        reached = [
            f"{text_of(each[shared[0]])} ({_words(name)})"
            for name, each in baselines.items()
            if shared[0] in each
        ]
        parts.append(f"Baselines reach {', '.join(reached)}.")
    if diagnosis:
        parts.append(f"{diagnosis[0].upper()}{diagnosis[1:]}.")
    return " ".join(parts)


def _words(name: str) -> str:
    return name.replace("_", " ")
