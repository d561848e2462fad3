"""Findings of checks."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""How bad a finding is, the worst first."""


@dataclass(frozen=True)
class Finding:
    """One result of a check: a line for people, and its parts for programs.

    Args:
        kind: Name of the check, such as `"batch-normalization"`.
        what: What was found, with its place and value.
        hint: What to do about it; empty if nothing needs to be done.
        where: A key of the config, a layer's path or a file; empty for the whole run.
        value: The value that was found.
        rule: What the value must be, such as `"<= 5"`.
        why: The mechanism in a sentence, and its source.
        severity: `"info"` if all is well, `"warning"` if it may be meant, `"error"` if
            training cannot succeed.
    """

    kind: str
    what: str
    hint: str = ""
    where: str = ""
    value: float | str | None = None
    rule: str = ""
    why: str = field(default="", kw_only=True)
    severity: Severity = "warning"

    def __str__(self) -> str:
        """Return one line."""
        return f"{self.what} — {self.hint}" if self.hint else self.what

    def to_json(self) -> dict[str, Any]:
        """Return the parts that are not empty, as JSON values."""
        return {
            name: part for name, part in asdict(self).items() if part not in ("", None)
        }
