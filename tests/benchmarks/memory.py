"""Peak anonymous memory of training on data that do not fit in memory, and ten times them.

`python -m tests.benchmarks.memory --backend jax` in the root of the repository. A fresh
process trains a perceptron for an epoch and scores it, and a thread reads `RssAnon` of
`/proc/self/status`: what is mapped from files does not count. The data are a
memory-mapped `.npz` of 3,072 bytes a row, and a folder of small JPEG files, none of which
are kept.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import click
import numpy as np
from PIL import Image

ROWS, FILES = 95_000, 8_000
"""Of these, float32 takes more than `RESIDENT_BYTES`, and baselines see a sample."""


def write_rows(path: Path, count: int) -> None:
    """Write rows of ten classes, without holding them."""
    x = np.lib.format.open_memmap(
        path.with_suffix(".npy"), "w+", "uint8", (count, 32, 32, 3)
    )
    y = np.arange(count) % 10
    for start in range(0, count, 5_000):
        labels = y[start : start + 5_000]
        drawn = np.random.default_rng(start).integers(0, 200, (len(labels), 32, 32, 3))
        x[start : start + 5_000] = drawn + 5 * labels[:, None, None, None]
    np.savez(path, x=x, y=y)
    path.with_suffix(".npy").unlink()


def write_files(folder: Path, count: int) -> None:
    """Write noise as JPEG files of two classes."""
    drawn = np.random.default_rng(0)
    for number in range(count):
        path = folder / f"{number % 2}" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        low, high = ((0, 160), (60, 255))[number % 2]
        pixels = drawn.integers(low, high, (5, 5, 3), dtype="uint8")
        Image.fromarray(pixels).resize((40, 40)).save(path)


def train(data: str, keep_none: bool) -> int:
    """Train in this process, and return its peak in bytes."""
    peak, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.01):
            status = Path("/proc/self/status").read_text()
            [line] = [x for x in status.splitlines() if x.startswith("RssAnon")]
            peak[0] = max(peak[0], 1024 * int(line.split()[1]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    from kerasdl.cli import main
    from kerasdl.data import examples
    from kerasdl.data.images import image_files

    if keep_none:
        examples.RESIDENT_BYTES = image_files.KEPT_BYTES = 0
    sizes = ["--set", "data.size=32"] if keep_none else []
    arguments = f"train --preset mlp --data {data} --epochs 1 --batch-size 256"
    sys.argv = ["kerasdl", *arguments.split(), *sizes]
    sys.argv += ["--set", "model.hidden_units=[32]", "--run-dir", "run"]
    try:
        main()
    except SystemExit as fault:
        if fault.code:
            raise
    finally:
        ended.set()
        watcher.join()
    return peak[0]


@click.command(help=__doc__)
@click.option("--backend", default="jax", show_default=True)
@click.option("--kind", type=click.Choice(["rows", "files"]), multiple=True)
@click.option("--child", hidden=True)
def benchmark(backend: str, kind: tuple[str, ...], child: str | None) -> None:
    if child:
        click.echo(json.dumps(train(child, keep_none=not child.endswith(".npz"))))
        return
    for each in kind or ("rows", "files"):
        peaks = []
        for factor in (1, 10):
            with tempfile.TemporaryDirectory() as folder:
                count = factor * {"rows": ROWS, "files": FILES}[each]
                data = Path(folder, "data.npz" if each == "rows" else "data")
                (write_rows if each == "rows" else write_files)(data, count)
                peaks.append(measured(str(data), backend, folder))
            click.echo(f"{backend}, {count:,} {each}: {peaks[-1] / 1e6:.0f} MB")
        click.echo(f"{backend}, {each}: {peaks[1] / peaks[0] - 1:+.1%}")


def measured(data: str, backend: str, folder: str) -> int:
    """Return the peak of a fresh process."""
    environment = {**os.environ, "KERAS_BACKEND": backend}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    begin = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, __file__, "--child", data],
        check=False, cwd=folder, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    if ended.returncode:
        raise click.ClickException(ended.stdout + ended.stderr)
    click.echo(f"{time.perf_counter() - begin:.0f} s")
    return json.loads(ended.stdout.splitlines()[-1])


if __name__ == "__main__":
    benchmark()
