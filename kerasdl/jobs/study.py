"""Score a trained model, and study it further."""

from collections.abc import Mapping, Sequence
from typing import Any

from kerasdl.errors import ConfigError
from kerasdl.figures import Figure, Importances
from kerasdl.jobs import robustness as damaged
from kerasdl.jobs.added import added
from kerasdl.jobs.evaluate import opened, scores
from kerasdl.jobs.explanations import explained
from kerasdl.jobs.groups import groups
from kerasdl.report import write_report
from kerasdl.report.kept import write_figures
from kerasdl.rundir import RunDir


def study(
    run: RunDir,
    data_name: str | None = None,
    group: str | None = None,
    robustness: bool = False,
    radius: float | None = None,
    explain: bool = False,
) -> tuple[dict[str, Any], list[Figure]]:
    """Score the best model of a run, and study it further.

    What is studied on the run's own test split is kept in `evaluation/`, and the report
    is renewed.

    Args:
        run: The run.
        data_name: As for `evaluate`.
        group: A column of the data, to compare groups by; see `groups`.
        robustness: Whether to score damaged and attacked inputs.
        radius: As for `robustness`.
        explain: Whether to find what predictions of the test split rest on; see
            `explanations.explained`.

    Returns:
        What `evaluate` returns, with the results of each study by its name, and the
        figures. `kept` says whether they were written.

    Raises:
        ConfigError: If a study has no meaning for the run.
        BackendError, DataError, ModelFileError: As `evaluate`.
    """
    if radius is not None and not robustness:
        raise ConfigError("--radius has no meaning alone", "add --robustness")
    if explain and data_name is not None:
        what = "--explain looks at the test split of the run, not at other data"
        raise ConfigError(what, "leave --data out")
    subject = opened(run, data_name)
    result, measured = scores(subject)
    figures: dict[str, list[Figure]] = {}
    if group is not None:
        found = groups(subject, measured.predicted, group)
        result["groups"], figures["groups"] = found
    if robustness:
        found = damaged.robustness(subject, radius)
        result["robustness"], figures["robustness"] = found
    if explain:
        assert subject.own is not None
        given = subject.model, subject.own, subject.config, measured.predicted
        found, reason = explained(*given)
        result["explanations"] = _numbers(found) if found else f"none: {reason}"
        if found:
            figures["explanations"] = found
    if figures and data_name is None:
        result["kept"] = keep(run, figures)
    return result, [each for some in figures.values() for each in some]


def _numbers(figures: Sequence[Figure]) -> dict[str, Any]:
    """Return the importance of each feature, with its interval; pictures have none."""
    return {
        name: {"importance": value, "low": low, "high": high}
        for figure in figures
        if isinstance(figure, Importances)
        for name, value, low, high in zip(
            figure.names, figure.values, figure.lows, figure.highs, strict=True
        )
    }


def keep(run: RunDir, figures: Mapping[str, Sequence[Figure]]) -> str:
    """Write figures to `evaluation/`, and renew the report and the manifest.

    Returns:
        What was done, or why it was not.
    """

    def write() -> str:
        for name, each in figures.items():
            write_figures(run, name, each)
        if run.report.is_file():
            write_report(run, run.report)
        return ""

    done = added(run, write)
    if done == "written" and not run.report.is_file():
        return f"written; to see it: kerasdl report {run.path}"
    return done
