"""Series: steps in time to forecast, or whole series with a target each."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np

from kerasdl import registry
from kerasdl.config.rules import Named, Range
from kerasdl.data.array_preprocessing import ArrayPreprocessing, statistics
from kerasdl.data.arrays import Arrays
from kerasdl.data.corrupted import Corrupted
from kerasdl.data.corrupted_arrays import corrupted_steps
from kerasdl.data.kinds.arrays import ArraysKind
from kerasdl.data.kinds.kind import Kind
from kerasdl.data.kinds.table_file import TableFileKind
from kerasdl.data.kinds.without_meaning import without_meaning
from kerasdl.data.npz import load_npz
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.series import read, windows
from kerasdl.data.series.corrupted_series import corrupted_series
from kerasdl.data.series.findings import series_findings
from kerasdl.data.series.preprocessing import (
    MAX_WINDOW,
    SeriesPreprocessing,
    from_json,
    naive_errors,
    training_steps,
)
from kerasdl.data.series.raw_series import RawSeries
from kerasdl.data.series.windows import Fractions, Shape
from kerasdl.data.table import files, preprocessing
from kerasdl.data.table.infer import ColumnType, Inferred, infer
from kerasdl.data.table.summary import summaries
from kerasdl.data.table.table import Table
from kerasdl.data.table.target_faults import target_faults
from kerasdl.data.table.tsv import write_tsv
from kerasdl.data.target_error import TargetError
from kerasdl.errors import ConfigError, DataError
from kerasdl.finding import Finding

NPZ = ".npz"
FORECASTING = "forecasting"
SHARED = frozenset(field.name for field in fields(Kind))
"""Keys that every kind has."""
OF_FORECASTS = frozenset({"target", "window", "horizon", "stride", "season"})
"""Keys of forecasts, of tables and of arrays."""


@dataclass(frozen=True)
class SeriesKind(TableFileKind):
    """Series, from a table with a row for each step, or from an `.npz` file."""

    kind: Literal["series"] = "series"
    """Kind of the examples; inferred from `name` and `task` by default."""
    task: Annotated[str, Named("tasks")] = FORECASTING
    """Prediction target: the next steps, or a class or numbers of each whole series."""
    target: str | tuple[str, ...] = ""
    """Column to forecast, or a list of several. For an array, the number of a feature;
    empty forecasts all of them."""
    time: str = ""
    """Column of dates or numbers that orders the steps; empty if they stand in order."""
    series: str = ""
    """Column that names several series; empty if there is one."""
    window: Annotated[int, Range(1, MAX_WINDOW)] = 24
    """Steps that the model sees."""
    horizon: Annotated[int, Range(1, 4096)] = 1
    """Steps after them that it predicts."""
    stride: Annotated[int, Range(1, 65_536)] = 1
    """Steps between the starts of two training windows."""
    season: Annotated[int, Range(0, MAX_WINDOW)] = 0
    """Steps of a season, for the baseline that repeats the last one; 0 for none."""
    ignore: tuple[str, ...] = ()
    """Columns that are left out."""
    SUFFIXES: ClassVar = {
        **dict.fromkeys(files.SUFFIXES, (FORECASTING,)),
        NPZ: (FORECASTING, "classification", "regression", "multi-label"),
    }
    PRESETS: ClassVar = ("nlinear", "lstm")

    @property
    def forecasts(self) -> bool:
        """Whether steps are predicted, not something of whole series."""
        return registry.find("tasks", self.task).takes_data_of == FORECASTING

    @property
    def is_npz(self) -> bool:
        """Whether the series are arrays."""
        return self.name.lower().endswith(NPZ)

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names of the columns to forecast."""
        if isinstance(self.target, str):
            return (self.target,) if self.target else ()
        return self.target

    @property
    def shape(self) -> Shape:
        """How many steps are seen and predicted."""
        return Shape(self.window, self.horizon)

    @property
    def _whole(self) -> ArraysKind:
        """The table of arrays whose examples are whole series."""
        shared = {name: getattr(self, name) for name in SHARED - {"kind"}}
        return ArraysKind(**shared)

    def default_presets(self, preview: Any) -> list[tuple[str, str]]:
        """Return the presets for forecasts, or that for whole series."""
        if self.forecasts:
            return [(name, "the default for forecasts") for name in self.PRESETS]
        return [("lstm", "the default for whole series")]

    def read(self) -> RawSeries | Arrays:
        """Return the series, or whole series with their targets."""
        if not self.forecasts:
            return load_npz(Path(self.name))
        if self.is_npz:
            raw = read.from_npz(Path(self.name), self.target_names)
            return replace(raw, horizon=self.horizon)
        return self.from_table(self.read_table())

    def read_inputs(self) -> RawSeries | Arrays:
        """Return the series up to where forecasts begin, or whole ones."""
        if not self.forecasts:
            return self._whole.read_inputs()
        return replace(self.read(), ends_only=True)

    def from_table(self, table: Table, inputs_only: bool = False) -> RawSeries:
        """Return the series of a table."""
        if not self.target_names:
            what = f"no column of {table.source} is named to predict"
            raise DataError(what, "name it with --target, or set data.target")
        roles = read.Roles(self.target_names, self.time, self.series)
        given = "date" if self.date_format != "auto" else None
        raw = read.from_table(table, roles, self.spelling, given)
        return replace(raw, horizon=self.horizon, ends_only=inputs_only)

    def write(self, raw: RawSeries, folder: Path) -> Self:
        """Write the table, and return the config that reads it."""
        write_tsv(raw.table, path := folder / "data.tsv")
        return replace(self, name=str(path))

    def infer(self, raw: RawSeries) -> dict[str, Inferred]:
        """Return the type of every column; only numbers are inputs."""
        if self not in raw.known:
            given: dict[str, ColumnType] = dict.fromkeys(self.ignore, "ignored")
            given |= dict.fromkeys(filter(None, [self.series]), "category")
            given |= dict.fromkeys(raw.target_names, "number")
            raw.known[self] = infer(raw.table, self.spelling, given)
        return raw.known[self]

    def columns(self, raw: RawSeries | Arrays) -> list[dict[str, Any]]:
        """Return the type, the role and examples of each column of a table."""
        if isinstance(raw, Arrays) or self.is_npz:
            return []
        roles = {self.time: "time", self.series: "series"}
        roles |= dict.fromkeys(self.target_names, "target")
        return summaries(self.infer(raw), roles)

    def check(self, raw: RawSeries | Arrays) -> None:
        """Check whole series; what is forecast was checked when it was read."""
        if isinstance(raw, Arrays):
            read.check_shape(raw.x, raw.source)
            self._whole.check(raw)

    def locate(self, raw: RawSeries | Arrays, fault: TargetError) -> DataError:
        """Return an error with the name of the target, and with lines."""
        if isinstance(raw, Arrays) or fault.column is None:
            return fault
        step, place = divmod(fault.column, len(raw.target_names))
        name = f"the target {raw.target_names[place]!r}"
        return fault.at(name, lambda row: raw.table.place(row + step))

    def findings(self, raw: RawSeries | Arrays, parts: Parts) -> list[Finding]:
        """Return what the series are, their gaps, and what is left out.

        Of whole series, those in two parts of the split.
        """
        if isinstance(raw, Arrays):
            return self._whole.findings(raw, parts)
        inputs = self._inputs(raw)
        others = [n for n in self.infer(raw) if n not in {*inputs, *self.ignore}]
        others = [n for n in others if n not in (self.time, self.series)]
        return [*series_findings(raw, parts, self.shape, others)]

    def _inputs(self, raw: RawSeries) -> dict[str, Inferred]:
        """Return the columns that a model sees: the targets, then other numbers."""
        found, left_out = self.infer(raw), {self.time, self.series}
        others = [n for n, each in found.items() if each.type == "number"]
        names = dict.fromkeys([*raw.target_names, *others])
        return {name: found[name] for name in names if name not in left_out}

    def parts(self, raw: RawSeries | Arrays, stratify: bool, seed: int) -> Parts:
        """Hold out the last steps of each series, or whole series."""
        if isinstance(raw, Arrays):
            return self._whole.parts(raw, stratify, seed)
        fractions = Fractions(self.test_fraction, self.validation_fraction)
        return windows.split(raw, self.shape, fractions, self.stride)

    def fit(self, train: Part) -> SeriesPreprocessing | ArrayPreprocessing:
        """Return the encoding of each feature, fitted on the steps of training."""
        raw = train.raw
        if isinstance(raw, Arrays):
            return ArrayPreprocessing(raw.x.shape[1:], *statistics(train, (0, 1)))
        steps = training_steps(train, self.window)
        table = raw.table.take(np.flatnonzero(steps))
        columns = preprocessing.fit(table, self._inputs(raw), "standard", "all")
        errors = naive_errors(raw, steps, self.season or 1)
        return SeriesPreprocessing(columns, self.window, errors)

    def new(self, raw: RawSeries | Arrays) -> Part:
        """Return all windows, or the ends of the series to forecast from there."""
        if isinstance(raw, Arrays):
            return self._whole.new(raw)
        if raw.ends_only:
            return windows.ends(raw, self.window)
        return windows.all_windows(raw, self.shape)

    def corrupted(
        self, part: Part, preprocessing: Any, seed: int
    ) -> Iterator[Corrupted]:
        """Return series with noise, and with steps that repeat the one before."""
        if isinstance(part.raw, Arrays):
            return corrupted_steps(part, seed)
        return corrupted_series(part, preprocessing.columns.columns, seed)

    def describe(self, part: Part) -> dict[str, np.ndarray]:
        """Return the name of each series and its last time."""
        raw, last = part.raw, part.rows - 1
        if isinstance(raw, Arrays):
            return super().describe(part)
        columns = {}
        if raw.names:
            numbers = np.searchsorted(raw.starts, last, "right") - 1
            columns[self.series or "series"] = np.array(raw.names, object)[numbers]
        if raw.times is not None:
            columns[self.time] = raw.times[last]
        return columns or {"row": last}

    @classmethod
    def preprocessing_from_json(
        cls, values: dict[str, Any]
    ) -> SeriesPreprocessing | ArrayPreprocessing:
        """Return the preprocessing that `to_json` describes."""
        if "window" in values:
            return from_json(values)
        return ArraysKind.preprocessing_from_json(values)

    def faults(self) -> list[ConfigError]:
        """Return errors for keys without meaning, and for columns of two roles."""
        faults = [*super().faults(), *self._without_meaning()]
        if self.season > self.window:
            what = f"data.season (={self.season}) is longer than data.window"
            hint = f"raise data.window to {self.season} or more"
            faults.append(ConfigError(f"{what} (={self.window})", hint))
        others = {"ignore": self.ignore, "time": (self.time,), "series": (self.series,)}
        faults += target_faults(self.target_names, others, self.task)
        if self.time and self.time == self.series:
            what = f"data.time and data.series are both {self.time!r}"
            faults.append(ConfigError(what, "name another column"))
        return faults

    def _without_meaning(self) -> Iterator[ConfigError]:
        """Yield errors for keys of another sort of series."""
        meant, where = {*SHARED, *OF_FORECASTS}, "forecasts of arrays"
        if not self.forecasts:
            meant, where = {*SHARED}, f"data.task {self.task!r}"
        elif not self.is_npz:
            meant, where = {field.name for field in fields(self)}, "forecasts"
        if self.forecasts:
            meant.remove("split_seed")
        others = [key.name for key in fields(self) if key.name not in meant]
        yield from without_meaning(self, others, where)
