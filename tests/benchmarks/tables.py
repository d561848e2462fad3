"""Test scores of a preset on twelve real tables, beside its baselines.

`python -m tests.benchmarks.tables FOLDER` in the root of the repository, where FOLDER holds
the tables as CSV. Each is split by `split_seed` 0 and trained with several seeds. Nothing
is tuned.
"""

import json
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np


class Table(NamedTuple):
    """A table, its target, and a column that is not a feature."""

    name: str
    target: str
    ignore: tuple[str, ...] = ()


TABLES = (
    Table("titanic", "survived"),
    Table("mpg", "mpg"),
    Table("ames", "Sale_Price"),
    Table("concrete", "compressive_strength"),
    Table("diamonds", "price"),
    Table("attrition", "Attrition"),
    Table("cells", "class", ("case",)),
    Table("credit_data", "Status"),
    Table("lending_club", "Class"),
    Table("mlc_churn", "churn"),
    Table("breast_cancer", "target"),
    Table("diabetes", "target"),
)
FROM_SCIKIT_LEARN = ("breast_cancer", "diabetes")
SCORES = {"classification": "roc_auc", "regression": "r2_score"}


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--preset", help="The default is that of a table.")
@click.option("--backend", default="jax", show_default=True)
@click.option("--seeds", default=5, show_default=True, type=click.IntRange(1))
@click.option(
    "--table", "names", multiple=True, type=click.Choice([t.name for t in TABLES])
)
@click.option("--set", "settings", multiple=True, metavar="KEY=JSON")
@click.option(
    "--json", "file", type=click.Path(path_type=Path), help="Add a line a run."
)
def main(
    folder: Path,
    preset: str | None,
    backend: str,
    seeds: int,
    names: tuple[str, ...],
    settings: tuple[str, ...],
    file: Path | None,
) -> None:
    import kerasdl  # noqa: F401

    keys = {}
    for setting in settings:
        key, _, value = setting.partition("=")
        keys[key] = json.loads(value)
    click.echo("| table | score | network | trees | linear | seconds |")
    click.echo("|---|---|---|---|---|---|")
    for table in TABLES:
        if names and table.name not in names:
            continue
        runs = [
            train(table, folder, preset, backend, seed, keys) for seed in range(seeds)
        ]
        if file:
            with file.open("a") as lines:
                lines.writelines(json.dumps(run) + "\n" for run in runs)
        click.echo(row(runs))


def train(
    table: Table,
    folder: Path,
    preset: str | None,
    backend: str,
    seed: int,
    keys: dict[str, Any],
) -> dict[str, Any]:
    """Train one seed, and return its scores and those of the baselines."""
    import kerasdl

    with tempfile.TemporaryDirectory() as scratch:
        begun = time.perf_counter()
        run = kerasdl.train(
            preset,
            str(path_of(table, folder, Path(scratch))),
            backend=backend,
            run_dir=Path(scratch, "run"),
            quiet=True,
            target=table.target,
            seed=seed,
            **{"data.split_seed": 0, "data.ignore": list(table.ignore)},
            **keys,
        )
        seconds = time.perf_counter() - begun
        result, task = run.result, run.directory.read_config().data.task
        epochs = len(run.history)
    best = result["best"]["epoch"]
    score = SCORES[task]
    others = {name: scores[score] for name, scores in result["baseline"].items()}
    return {
        "table": table.name,
        "score": score,
        "seed": seed,
        "network": result["test"][score],
        "validation": result["validation"][score],
        "trees": others["boosted_trees"],
        "linear": others.get("logistic_regression", others.get("ridge_regression")),
        "seconds": seconds,
        "epochs": epochs,
        "best": best,
    }


def path_of(table: Table, folder: Path, scratch: Path) -> Path:
    """Return the path of a table; scikit-learn's are written as CSV."""
    if table.name not in FROM_SCIKIT_LEARN:
        (path,) = [
            *folder.rglob(f"{table.name}.csv"),
            *folder.rglob(f"{table.name}.csv.gz"),
        ]
        return path
    from sklearn import datasets

    data = getattr(datasets, f"load_{table.name}")(as_frame=True)
    frame = data.frame
    if table.name == "breast_cancer":
        frame["target"] = data.target_names[frame["target"]]
    frame.to_csv(path := scratch / f"{table.name}.csv", index=False)
    return path


def row(runs: list[dict[str, Any]]) -> str:
    """Return a line of the Markdown table, with the means over the seeds."""
    first, networks = runs[0], [run["network"] for run in runs]
    seconds = np.median([run["seconds"] for run in runs])
    spread = f" ± {np.std(networks, ddof=1):.3f}" if len(runs) > 1 else ""
    return (
        f"| {first['table']} | {first['score']} | {np.mean(networks):.4f}{spread} | "
        f"{first['trees']:.4f} | {first['linear']:.4f} | {seconds:.0f} |"
    )


if __name__ == "__main__":
    main()
