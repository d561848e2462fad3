"""Say why a run does not learn, and test it by short experiments."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from kerasdl import backend, tasks
from kerasdl.diagnostics.causes import Evidence, Hypothesis, ranked
from kerasdl.errors import ConfigError
from kerasdl.finding import Finding
from kerasdl.jobs.added import added
from kerasdl.jobs.compared_run import read_run
from kerasdl.rundir import DIAGNOSIS, RunDir, numbers

if TYPE_CHECKING:
    from kerasdl.jobs.experiments import Experiment

LIKELY = 0.25
"""Weight of a hypothesis that is spoken of."""
MOST_TESTED = 3


@dataclass(frozen=True)
class Diagnosis:
    """What explains a run.

    Args:
        verdict: A sentence.
        command: What helps, as a command; empty if there is none.
        hypotheses: What may explain it, the most likely first.
        tested: What experiments said of the first ones.
        score: Name of the score that experiments compare.
    """

    verdict: str
    command: str
    hypotheses: Sequence[Hypothesis]
    tested: "Sequence[Experiment]"
    score: str

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)


def diagnose(
    run: RunDir,
    selection: backend.Selection | None,
    seconds: float,
    tell: Callable[[str], None],
) -> Diagnosis:
    """Read a run, test what may explain it, and keep the diagnosis in `doctor.json`.

    Args:
        run: The run.
        selection: The backend of the experiments, already selected; None makes none.
        seconds: How long the experiments may take together.
        tell: Receives lines about the progress.

    Raises:
        ConfigError: If the run has not ended, or its config cannot be read.
        ModelFileError: If a file of it is damaged.
    """
    evidence = read_evidence(run)
    hypotheses = [each for each in ranked(evidence) if each.weight >= LIKELY]
    testable = [each for each in hypotheses if each.change][:MOST_TESTED]
    tested: Sequence[Experiment] = ()
    if selection and testable:
        from kerasdl.jobs.experiments import experiments

        tested = experiments(run, testable, selection, seconds, tell)
    found = _concluded(run, evidence, hypotheses, tested)

    def write() -> str:
        run.write_diagnosis(found.to_json())
        return ""

    tell(f"{DIAGNOSIS} in {run.path}: {added(run, write)}")
    return found


def read_evidence(run: RunDir) -> Evidence:
    """Return what a run shows of itself.

    Raises:
        ConfigError: If it has not ended, or its config cannot be read.
        ModelFileError: If a file of it is damaged.
    """
    read, result = read_run(run.name, run), run.read_result()
    if result is None:
        what = f"{run.path} has not ended"
        raise ConfigError(what, f"end it: kerasdl resume {shlex.quote(str(run.path))}")
    task = tasks.find(read.config.data.task)
    told = result.get("baseline")
    baselines = {
        name: scores[task.headline]
        for name, each in (told if isinstance(told, dict) else {}).items()
        if isinstance(each, dict) and task.headline in (scores := numbers(each))
    }
    return Evidence(
        read.keys,
        read.status,
        read.epochs,
        read.test,
        baselines,
        task.headline,
        task.direction(task.headline) == "max",
        [finding for event in run.read_events() if (finding := _finding(event))],
    )


def _finding(event: dict[str, Any]) -> Finding | None:
    """Return the finding that an event is; None if it is none."""
    severity = event.get("severity")
    if severity not in ("error", "warning", "info"):
        return None
    what, _, hint = str(event.get("message")).partition(" — ")
    return Finding(str(event.get("kind")), what, hint, severity=severity)


def _concluded(
    run: RunDir,
    evidence: Evidence,
    hypotheses: list[Hypothesis],
    tested: "Sequence[Experiment]",
) -> Diagnosis:
    """Return the diagnosis: the best of the confirmed causes, if there is one."""
    rest = hypotheses, tested, evidence.headline
    confirmed = [each for each in tested if each.outcome == "confirmed"]
    certain = [each for each in hypotheses if not each.change]
    if confirmed:
        best = max(confirmed, key=lambda each: each.effect.mean if each.effect else 0)
        verdict = f"{best.cause}: {best.said(evidence.headline)}"
        return Diagnosis(verdict, _command(run, best.change), *rest)
    if certain and certain[0] is hypotheses[0]:
        verdict = f"{certain[0].cause}: {certain[0].seen}; {certain[0].advice}"
        return Diagnosis(verdict, "", *rest)
    if tested:
        names = ", ".join(f"{each.cause} ({each.outcome})" for each in tested)
        verdict = f"unexplained; tested: {names}"
        return Diagnosis(verdict, "", *rest)
    if hypotheses:
        first = hypotheses[0]
        verdict = f"perhaps {first.cause}: {first.seen}"
        return Diagnosis(verdict, _command(run, first.change), *rest)
    return Diagnosis(_healthy(evidence), "", *rest)


def _healthy(evidence: Evidence) -> str:
    """Return that nothing is wrong, and whether something simple does better."""
    said, score = "nothing is wrong with this run", evidence.score
    better = {
        name: value
        for name, value in evidence.baselines.items()
        if score is not None and evidence.is_better(value, score)
    }
    if not better or score is None:
        return said
    name, value = max(
        better.items(),
        key=lambda item: item[1] * (1 if evidence.higher_is_better else -1),
    )
    words, headline = name.replace("_", " "), evidence.headline.replace("_", " ")
    return f"{said}; {words} does better here: {headline} {value:.3g}, not {score:.3g}"


def _command(run: RunDir, change: Mapping[str, Any]) -> str:
    flags = [f"{key}={_toml(value)}" for key, value in change.items()]
    words = ["kerasdl", "train", "--config", str(run.path / "config.toml")]
    return shlex.join([*words, *(w for flag in flags for w in ("--set", flag))])


def _toml(value: Any) -> str:
    return str(value).replace("'", '"') if isinstance(value, list) else str(value)
