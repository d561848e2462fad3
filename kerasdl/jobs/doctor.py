"""Say why a run does not learn, and test it by short experiments."""

import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kerasdl import backend
from kerasdl.diagnostics.causes import Evidence, Hypothesis, likely
from kerasdl.jobs.diagnosis import Diagnosis, without_cause
from kerasdl.jobs.evidence import evidence_of, read_evidence, with_findings
from kerasdl.rundir import DIAGNOSIS, RunDir

if TYPE_CHECKING:
    from kerasdl.jobs.experiments import Experiment

MOST_TESTED, CLOSE = 3, 0.5
"""So many hypotheses are tested, of at least this share of the weight of the first one."""


def diagnose_run(
    run: RunDir,
    selection: backend.Selection | None,
    seconds: float,
    tell: Callable[[str], None],
) -> Diagnosis:
    """Read a run, test what may explain it, and keep the diagnosis in `doctor.json`.

    Args:
        run: The run.
        selection: The backend of the experiments, already selected; None makes none, and
            imports no Keras.
        seconds: How long all may take together.
        tell: Receives lines about the progress.

    Raises:
        ConfigError: If the run has not ended, or its config cannot be read.
        DataError: If its data cannot be read any more, or changed since.
        LockedError: If another process works on the run.
        ModelFileError: If a file of it is damaged.
        UnsafeError: If a file of it claims more than it holds, or could run code.
    """
    began = time.monotonic()
    with run.locked():  # rather than learn after the experiments that it is in use
        evidence = read_evidence(run)
    if selection:
        from kerasdl.jobs.examine import examined

        evidence = with_findings(evidence, [*examined(run)])
    hypotheses = likely(evidence)
    testable = _testable(evidence, hypotheses)
    tested: Sequence[Experiment] = ()
    if selection and testable and not hypotheses[0].certain:
        from kerasdl.jobs.experiments import experiments

        left = max(seconds - (time.monotonic() - began), seconds / 2)
        tested = experiments(run, testable, selection, left, tell)
    found = concluded(run, evidence, hypotheses, tested)
    with run.locked():
        run.write_diagnosis(found.to_json())
    tell(f"diagnosis in {run.path / DIAGNOSIS}")
    return found


def _testable(evidence: Evidence, hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Return what is tested: each further one costs time, and widens the intervals."""
    changing = [
        each
        for each in hypotheses
        if each.change and each.change.keys() <= evidence.keys.keys()
    ]
    least = CLOSE * changing[0].weight if changing else 0.0
    return [each for each in changing if each.weight >= least][:MOST_TESTED]


def write_with_diagnosis(run: RunDir, result: dict[str, Any]) -> None:
    """Write the result of a run, then add a line to it about what seems wrong, if any.

    The result is safe before anything is concluded from it.

    Args:
        run: The run.
        result: What will be its `result.json`; `diagnosis` is added.
    """
    run.write_result(result)
    if hypotheses := likely(evidence_of(run, result)):
        first, *_ = hypotheses
        perhaps = "" if first.certain else "perhaps "
        result["diagnosis"] = f"{perhaps}{first.cause}: {first.seen}"
        run.write_result(result)


def concluded(
    run: RunDir,
    evidence: Evidence,
    hypotheses: Sequence[Hypothesis],
    tested: "Sequence[Experiment]" = (),
) -> Diagnosis:
    """Return the diagnosis: the best of the confirmed causes, if there is one."""
    rest = hypotheses, tested, evidence.headline
    if not hypotheses:
        return Diagnosis(without_cause(evidence), "", *rest)
    first, *_ = hypotheses
    if first.certain:
        verdict = f"{first.cause}: {first.seen}; {first.advice}"
        return Diagnosis(verdict, "", *rest)
    if best := _best(tested):
        verdict = f"{best.cause}: {best.said}"
        return Diagnosis(verdict, _command(run, best.change), *rest)
    rejected = [each.cause for each in tested if each.outcome == "rejected"]
    if rejected:
        said = f"unexplained; tested, and rejected: {', '.join(rejected)}"
        return Diagnosis(said, "", *rest)
    command = _command(run, first.change) if first.change else ""
    said = f"perhaps {first.cause}: {first.seen}"
    if not command:
        said += f"; {first.advice}"
    return Diagnosis(said, command, *rest)


def _best(tested: "Sequence[Experiment]") -> "Experiment | None":
    """Return the first confirmed cause, unless another one clearly helps more."""
    best: Experiment | None = None
    for each in tested:
        if each.outcome != "confirmed" or each.effect is None:
            continue
        if best is None or best.effect is None or each.effect.low > best.effect.mean:
            best = each
    return best


def _command(run: RunDir, change: Mapping[str, Any]) -> str:
    flags = [f"{key}={_toml(value)}" for key, value in change.items()]
    words = ["kerasdl", "train", "--config", str(run.path / "config.toml")]
    return shlex.join([*words, *(w for flag in flags for w in ("--set", flag))])


def _toml(value: Any) -> str:
    return str(value).replace("'", '"') if isinstance(value, list) else str(value)
