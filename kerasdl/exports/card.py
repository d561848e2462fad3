"""The card of an exported network: what it is, how good it is, and how to run it."""

from pathlib import PurePath
from typing import Any

from kerasdl import tasks
from kerasdl.config import Config
from kerasdl.data import Encoding
from kerasdl.errors import printable
from kerasdl.exports.formats import Format
from kerasdl.report.scale import text_of
from kerasdl.rundir import number, numbers

MOST_NAMES = 20
"""Classes and columns that are listed."""
MOST_SCORES = 8
LONGEST = 60
"""Characters of a name that are shown."""
FEW = 1_000
"""Examples below which rare errors may be missed."""


def model_card(
    config: Config,
    encoding: Encoding,
    form: Format,
    result: dict[str, Any],
    verified: dict[str, Any],
) -> str:
    """Return the card, in Markdown; it names no place of this machine.

    After Mitchell et al. 2019, https://arxiv.org/abs/1810.03993.

    Args:
        config: The config of the run.
        encoding: What inputs and outputs mean.
        form: The format of the network.
        result: Content of the run's `result.json`.
        verified: What the verification found, with the keys of `verification.json`.
    """
    parts = [
        _title(config, encoding, result),
        _use(encoding, form, verified["examples"] > 0),
        _data(config, encoding, result),
        _scores(verified, result),
        _limits(config, encoding, verified),
        _verification(form, verified),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _title(config: Config, encoding: Encoding, result: dict[str, Any]) -> str:
    name = _name_of(config)
    source = f"trained on {_code(name)}" if name else "of published weights"
    parameters = number(result.get("parameters"))
    size = f" with {int(parameters):,} parameters" if parameters else ""
    return (
        f"# {config.model.name} for {encoding.task}\n\n"
        f"A network of the family `{config.model.name}`{size}, {source}, and exported by "
        "kerasdl."
    )


def _use(encoding: Encoding, form: Format, has_sample: bool) -> str:
    shape = "×".join(map(str, ("batch", *encoding.input_shape)))
    if not (portable := encoding.preprocessing.portable):
        return (
            f"## Use\n\n`network.py` opens the network, which takes {shape}. The inputs "
            "are of a kind that has no script of its own."
        )
    sample = " `sample.json` has inputs, and the answers to them." if has_sample else ""
    return (
        "## Use\n\n"
        "```\n"
        f"pip install {' '.join(('numpy', form.needs, *portable.packages))}\n"
        f"python run.py {portable.argument}\n"
        "```\n\n"
        "It prints an answer for each input, as a line of JSON. `run.py` has a dozen "
        f"lines to copy from. {portable.note}{sample}".rstrip()
    )


def _data(config: Config, encoding: Encoding, result: dict[str, Any]) -> str:
    lines = [
        f"## Data\n\nKind: {encoding.kind}. Source: {_code(_name_of(config) or '?')}."
    ]
    if examples := _numbers_of(result, "examples"):
        counts = ", ".join(f"{int(n):,} {_code(name)}" for name, n in examples.items())
        lines.append(f"Examples: {counts}.")
    if columns := encoding.preprocessing.portable_json().get("columns"):
        lines.append(f"Columns: {_listed([each['name'] for each in columns])}.")
    if names := encoding.targets.to_json().get("names"):
        lines.append(f"Targets: {_listed([*map(str, names)])}.")
    return " ".join(lines)


def _scores(verified: dict[str, Any], result: dict[str, Any]) -> str:
    scores = [*verified["scores"].items()][:MOST_SCORES]
    if not scores:
        return ""
    known = result.get("baseline")
    baselines: dict[str, dict[str, float]] = {}
    if verified["own_test_split"] and isinstance(known, dict):
        baselines = {name: _numbers_of(known, name) for name in known}
    rows = [["score", "this network", *map(_code, baselines)]]
    rows.append(["---"] * len(rows[0]))
    for name, value in scores:
        low, high = verified["intervals"].get(name, (None, None))
        shown = text_of(value)
        if low is not None:
            shown = f"{shown} ({text_of(low)} to {text_of(high)})"
        others = [text_of(each.get(name)) for each in baselines.values()]
        rows.append([name.replace("_", " "), shown, *others])
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    split = "test split" if verified["own_test_split"] else "data given to the export"
    return (
        f"## Scores\n\nOn {verified['examples']:,} examples of the {split}, with the "
        "95 % interval of a bootstrap where there is one. The others are simple models."
        f"\n\n{table}"
    )


def _limits(config: Config, encoding: Encoding, verified: dict[str, Any]) -> str:
    lines = []
    if verified["scores"]:
        first = "The scores hold for data like those of the training."
        lines.append(f"{first} Nothing is known of others, or of groups among them.")
    if tasks.find(encoding.task).has_classes:
        lines.append(
            "Every input is given one of the classes, also what belongs to none."
        )
    if verified["scores"] and verified["examples"] < FEW:
        lines.append(f"{verified['examples']:,} examples tell little of rare errors.")
    if verified["examples"]:
        lines.append("The sample is taken from the data.")
    if (policy := config.precision.policy) != "float32":
        lines.append(f"It was trained in {policy}, and exported in float32.")
    return f"## Limits\n\n{' '.join(lines)}" if lines else ""


def _verification(form: Format, verified: dict[str, Any]) -> str:
    times = ", ".join(
        f"{1e3 * seconds['median']:.2f} ms for a batch of {size} "
        f"(99 of 100 below {1e3 * seconds['p99']:.2f})"
        for size, seconds in verified["seconds"].items()
    )
    compressed = ""
    if before := verified.get("uncompressed"):
        kind, seconds = verified["compression"], before["seconds"]["32"]["median"]
        compressed = (
            f" It is compressed to {kind}: before, it took {before['bytes']:,} bytes, and "
            f"{1e3 * seconds:.2f} ms for a batch of 32."
        )
    return (
        f"## Verification\n\nRun as {form.name}, its outputs differ from those of the "
        f"trained network by {verified['difference']:.1e} of the greatest one, at most. "
        f"It takes {verified['bytes']:,} bytes, and {times}.{compressed}"
    )


def _numbers_of(values: dict[str, Any], name: str) -> dict[str, float]:
    """Return the numbers in an object of a file that may be damaged."""
    found = values.get(name)
    return numbers(found) if isinstance(found, dict) else {}


def _name_of(config: Config) -> str:
    """Return the name of the data, without the folders that it stands in."""
    return PurePath(config.data.name).name


def _listed(names: list[str]) -> str:
    shown = ", ".join(map(_code, names[:MOST_NAMES]))
    left = len(names) - MOST_NAMES
    return f"{shown} and {left:,} more" if left > 0 else shown


def _code(text: str) -> str:
    """Return a text that Markdown shows as it is, on one line and not too long."""
    plain = " ".join(printable(text).split()).replace("`", "'").replace("|", "/")
    return f"`{plain[:LONGEST]}`"
