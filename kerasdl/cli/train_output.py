"""Output of `train` and `resume`: a live bar on a terminal, plain lines in a pipe."""

import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self, TextIO, cast

import keras
import tomli_w
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from kerasdl import tasks
from kerasdl.backend import Selection
from kerasdl.cli.column_table import column_table
from kerasdl.cli.lossy_stream import LossyStream
from kerasdl.config import Config
from kerasdl.data import Dataset
from kerasdl.data.batches import steps_per_epoch, updates_per_epoch
from kerasdl.errors import printable
from kerasdl.jobs import assemble
from kerasdl.jobs.plan import learning_rates, total_steps
from kerasdl.jobs.reporter import shown
from kerasdl.rundir import RunDir, first_scores
from kerasdl.tasks import Task

REFRESH_SECONDS = 0.1
"""Time between updates of the live bar; reading the loss waits for the device."""
OVERRULING = ("numbers", "categories", "dates", "ignore")
"""Keys of `[data]` that give columns a type."""


class _Console(Console):
    """A console that escapes control characters, except those of the live bar."""

    def print(self, *objects: Any, **options: Any) -> None:
        texts = (printable(o) if isinstance(o, str) else o for o in objects)
        super().print(*texts, **options)


def console(as_json: bool) -> Console:
    """Return a console on stdout, or on stderr if stdout carries JSON.

    Text that cannot be written is discarded; it does not end the run.
    """
    stream = sys.stderr if as_json else sys.stdout
    lossy = cast(TextIO, LossyStream(stream)) if stream else None  # it may be closed
    return _Console(
        file=lossy, highlight=False, markup=False, emoji=False, soft_wrap=True
    )


def show_plan(plan: dict[str, Any], selection: Selection, as_json: bool) -> None:
    """Print the plan of a run."""
    out = console(as_json)
    out.print(tomli_w.dumps(plan["config"]))
    if plan["columns"]:
        column_table(plan["columns"], out)
        keys = [f"data.{key}" for key in OVERRULING if key in plan["config"]["data"]]
        verb = "overrule" if len(keys) > 1 else "overrules"
        out.print(f"{', '.join(keys)} {verb} these types\n")
    rate, examples, task = plan["learning_rate"], plan["examples"], plan["task"]
    out.print(f"backend        {selection.name} ({selection.reason})")
    out.print(f"task           {task['name']} ({task['reason']})")
    out.print(f"input shape    {tuple(plan['input_shape'])}")
    out.print(f"output shape   {tuple(plan['output_shape'])}")
    out.print(f"examples       {', '.join(f'{n} {k}' for k, n in examples.items())}")
    out.print(f"split          {plan['split'] or 'by the data'}")
    out.print(
        f"parameters     {plan['parameters']:,} "
        f"({plan['trainable_parameters']:,} trainable)"
    )
    out.print(f"steps          {plan['steps']:,}")
    known = f"task {task['name']}: ", f"split {plan['split']}"
    for line in plan["findings"]:
        if not line.startswith(known):
            out.print(f"note           {line}")
    out.print(
        f"learning rate  {rate['first']:.3g} first, {rate['highest']:.3g} highest, "
        f"{rate['last']:.3g} last"
    )


class TrainOutput:
    """Progress reporter that prints the start, every epoch and the scores of a run.

    Args:
        selection: The backend.
        as_json: Whether stdout carries JSON; text then goes to stderr.
    """

    def __init__(self, selection: Selection, as_json: bool):
        self.selection = selection
        self.progress: _Progress | None = None
        self.console = console(as_json)

    def begin(
        self, run: RunDir, config: Config, dataset: Dataset, model: keras.Model
    ) -> list:
        """Print run, backend, data and model, once; return the progress callback."""
        out, self.config = self.console, config
        if self.progress is None:
            out.print(f"run      {run.path}")
            out.print(f"backend  {self.selection.name} ({self.selection.reason})")
            splits = (dataset.train, dataset.validation, dataset.test)
            counts = " + ".join(str(len(split)) for split in splits)
            out.print(
                f"data     {dataset.source}: {counts} (train + validation + test)"
            )
            out.print(f"model    {model.name}: {model.count_params():,} parameters")
        self.progress = _Progress(out, self.config, len(dataset.train))
        return [self.progress]

    def warn(self, line: str) -> None:
        """Print a warning on stderr."""
        console(as_json=True).print(f"warning: {line}")

    def note(self, line: str) -> None:
        """Print a line between those of the epochs."""
        self.console.print(line)

    def __enter__(self) -> Self:
        """Return the reporter."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the live bar, however the run ended."""
        if self.progress:
            self.progress.stop()

    def end(self, result: dict[str, Any]) -> None:
        """Print the scores."""
        test, best = result["test"], result["best"]
        task = tasks.find(self.config.data.task)
        self.console.print(f"best     epoch {best['epoch'] + 1}")
        first = first_scores(test).items()
        scores = ", ".join(f"{name} {value:.4f}" for name, value in first)
        self.console.print(f"test     {scores}")
        for line in baseline_lines(result.get("baseline", {}), task):
            self.console.print(line)
        self.console.print(f"time     {result['seconds']:.1f} s")
        if (report := RunDir(Path(result["run"])).report).is_file():
            self.console.print(f"report   {report}")
        if line := result.get("diagnosis"):
            self.console.print(f"doctor   {line}")
            if line.startswith("perhaps "):
                run = shlex.quote(result["run"])
                self.console.print(f"         to test it: kerasdl doctor {run}")


def baseline_lines(baselines: dict[str, dict[str, Any]], task: Task) -> Iterator[str]:
    """Yield a line for each baseline, and one for the margin over the best of them."""
    metric, margins = task.headline, {}
    for name, scores in baselines.items():
        if metric not in scores:
            continue
        text = f"{name.replace('_', ' ')} {metric} {scores[metric]:.4f}"
        if "of" in scores:
            text += f" (from {scores['examples']:,} of {scores['of']:,} examples)"
        yield f"baseline {text}"
        if "margin" in scores:
            margins[name] = scores["margin"]
    if margins:
        choose = max if task.direction(metric) == "max" else min
        best = choose(margins, key=lambda name: baselines[name][metric])
        estimate, low, high = margins[best].values()
        text = f"{metric} {estimate:+.4f} over {best.replace('_', ' ')}"
        yield f"margin   {text} (95 % interval {low:+.4f} to {high:+.4f})"


class _Progress(keras.callbacks.Callback):
    async_safe = True

    def __init__(self, out: Console, config: Config, examples: int):
        super().__init__()
        self.out, self.config = out, config
        self.first = config.transfer.head_epochs
        self.epochs = self.first + config.training.epochs
        self.batch_size = config.training.examples_per_batch
        self.accumulate = config.training.accumulate
        self.batches = steps_per_epoch(examples, self.batch_size)
        # Asking the optimizer would take its variables from a running step.
        self.schedule = assemble.schedule(config, total_steps(config, examples))
        columns = [
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(bar_width=5),
            TextColumn("{task.completed}/{task.total}"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[status]}"),
        ]
        self.bar = Progress(*columns, console=out, transient=True, auto_refresh=False)

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.started = self.shown = time.perf_counter()
        self.step = self.begun = 0
        if self.out.is_terminal:
            self.task = self.bar.add_task(
                "", total=self.epochs * self.batches, epoch="", status=""
            )
            self.bar.start()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.epoch = f"{epoch + 1}/{self.epochs}"
        self.number, self.before = epoch, epoch * self.batches
        if not callable(self.schedule):  # a callback may have reduced it
            rate = self.model.optimizer.learning_rate
            self.schedule = float(keras.ops.convert_to_numpy(rate))
        self.begun = self.begun or self.before

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.step = self.before + batch + 1
        now = time.perf_counter()
        if not self.out.is_terminal or now - self.shown < REFRESH_SECONDS:
            return
        self.shown = now
        updates = updates_per_epoch(self.batches, self.accumulate)
        update = (self.number - self.first) * updates + (batch + 1) // self.accumulate
        rate = float(learning_rates(self.schedule, update))
        speed = (self.step - self.begun) * self.batch_size / (now - self.started)
        status = f"{_metrics(logs)}  lr {rate:.1e}  {speed:,.0f}/s"
        self.bar.update(
            self.task,
            completed=self.step,
            epoch=self.epoch,
            status=status,
            refresh=True,
        )

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.out.print(f"epoch {self.epoch}  {_metrics(shown(logs, self.config))}")

    def on_train_end(self, logs: dict | None = None) -> None:
        self.stop()

    def stop(self) -> None:
        if self.out.is_terminal:  # elsewhere it would print an empty line
            self.bar.stop()


def _metrics(logs: dict[str, Any] | None) -> str:
    """Format the metrics: training before validation, and each loss first."""
    names = sorted(logs or {}, key=lambda n: (n.startswith("val_"), "loss" not in n, n))
    return "  ".join(f"{name} {float((logs or {})[name]):.4f}" for name in names)
