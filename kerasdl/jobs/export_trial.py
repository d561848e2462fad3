"""Run an exported network as its user will, and compare it with its model."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasdl import storage
from kerasdl.data.preprocessing import Part, Sample, Scaling
from kerasdl.data.targets import Targets
from kerasdl.diagnostics.bootstrap import interval
from kerasdl.diagnostics.latency import latency
from kerasdl.exports import verification
from kerasdl.exports.verification import Exported
from kerasdl.jobs.evaluate import Subject
from kerasdl.jobs.predict import writer
from kerasdl.tasks.measured import Measured, Predicted

SAMPLES = 3
"""Examples that go along."""
SMALLEST = 1e-5
"""Change of a share by rounding."""
LATENCIES = (1, 32)
"""Sizes of batches whose times are measured."""


@dataclass(frozen=True)
class Trial:
    """What a network is compared with.

    Args:
        model: The model, in float32.
        scaling: How the network scales its inputs; None if it does not.
        scripts: The files that run it, by name.
        x: Inputs of the model, of shape `(examples, …)`.
        subject: The run and the examples to score; None for a run without data.
    """

    model: keras.Model
    scaling: Scaling | None
    scripts: dict[str, bytes]
    x: np.ndarray
    subject: Subject | None

    @cached_property
    def sample(self) -> Sample:
        """The first examples to score, if the kind of data allows it."""
        nothing = Sample([], {}, 0)
        if self.subject is None:
            return nothing
        part = self.subject.part
        some = Part(part.raw, part.rows[:SAMPLES])
        return self.subject.encoding.preprocessing.sample(some) or nothing

    def run(self, network: dict[str, bytes], exact: bool = True) -> dict[str, Any]:
        """Return what a network reaches, with the keys of `verification.json`.

        What its script answers to the sample is under `answers`.

        Args:
            network: The files of the network, by name.
            exact: Whether outputs, scores and answers must be those of the model; else
                its headline score may be a little worse.

        Raises:
            CheckFailedError: If it computes something else.
        """
        sample = self.sample
        with tempfile.TemporaryDirectory() as place:
            built = Path(place, "export")
            storage.write_directory(built, self.scripts | sample.files | network)
            with verification.faults_of_the_runtime():
                opened = verification.opened(built)
                exported = Exported(opened, self.scaling, self.model)
                given = self.model, self.x, exact
                difference = verification.difference(exported, *given)
                found = self._scores(exported, exact)
                found |= {"difference": difference, "seconds": self._seconds(exported)}
            answers = []
            if "run.py" in self.scripts:
                answers = verification.answers(built, sample.arguments)
            if exact and (expected := self._expected(sample.examples)):
                verification.check_answers(answers, *expected)
        size = sum(map(len, network.values()))
        return found | {"bytes": size, "answers": answers}

    def _seconds(self, exported: Exported) -> dict[str, Any]:
        times = {}
        for size in LATENCIES:
            batch = np.resize(self.x, (size, *self.x.shape[1:]))
            taken = latency(lambda batch=batch: exported.predict_on_batch(batch))
            times[str(size)] = {"median": taken.median, "p99": taken.p99}
        return times

    def _scores(self, exported: Exported, exact: bool) -> dict[str, Any]:
        """Return the scores of a network; none without data, or of texts it writes."""
        subject, found = self.subject, {"scores": {}, "intervals": {}, "examples": 0}
        if subject is None:
            return found | {"own_test_split": False}
        count = len(subject.examples)
        found |= {"examples": count, "own_test_split": subject.own is not None}
        if subject.task.decodes:
            return found
        expected, measured = self._measured(self.model), self._measured(exported)
        if exact:
            known = {n: subject.task.direction(n) for n in expected.scores}
            given = measured.scores, expected.scores, known
            verification.check_scores(*given, count)
        else:
            headline = subject.task.headline
            scores = measured.scores.get(headline), expected.scores.get(headline)
            direction = subject.task.direction(headline)
            verification.check_headline(headline, *scores, direction)
        found["scores"] = measured.scores
        if measured.predicted and measured.predicted.is_finite:
            targets, predicted = subject.encoding.targets, measured.predicted
            for name in measured.scores:
                if bounds := interval(_resampled(targets, name, predicted), count):
                    found["intervals"][name] = [bounds.low, bounds.high]
        return found

    def _measured(self, model: Any) -> Measured:
        subject = self.subject
        assert subject is not None
        given = subject.examples, subject.encoding.targets, subject.config
        return subject.task.measure(model, *given, subject.batch_size)

    def _expected(
        self, count: int
    ) -> tuple[list[dict[str, Any]], dict[str, float]] | None:
        """Return what `kerasdl predict` says of the first examples, as JSON values.

        Returns:
            The columns of each example, and the size of an output of 1 in each column of
            numbers. None of tasks that have no prediction for an example.
        """
        subject = self.subject
        if subject is None or not count:
            return None
        preprocessing = subject.encoding.preprocessing
        x = subject.examples.take(np.arange(count))[0]
        if subject.task.decodes:
            ids = writer(self.model, preprocessing)(x, count)[0]
            columns, sizes = preprocessing.decoded(ids.astype("float64")), {}
        else:
            outputs, targets = self.model.predict_on_batch(x), subject.encoding.targets
            columns = targets.predictions(x, outputs)
            sizes = _sizes(columns, targets.predictions(x, outputs + 1))
        rows = zip(*(each.tolist() for each in columns.values()), strict=True)
        found = [dict(zip(columns, row, strict=True)) for row in rows]
        return (found, sizes) if columns else None


def _sizes(
    columns: dict[str, np.ndarray], of_greater: dict[str, np.ndarray]
) -> dict[str, float]:
    """Return the change of each column of numbers where outputs grow by 1.

    It is 1 of shares, which do not change.
    """
    sizes = {}
    for name, column in columns.items():
        if column.dtype.kind == "f":
            change = float(np.abs(of_greater[name] - column).max())
            sizes[name] = change if change > SMALLEST else 1.0
    return sizes


def _resampled(
    targets: Targets, name: str, found: Predicted
) -> Callable[[np.ndarray], np.ndarray | None]:
    return lambda counts: targets.score_resamples(name, *found, counts)
