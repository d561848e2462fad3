"""Images a second from a folder of JPEG files, beside PyTorch's `DataLoader`.

`python -m tests.benchmarks.images` in the root of the repository. Both decode, cut out,
resize, mirror and change colours, as for ImageNet, with as many workers as there are
cores: threads of kerasdl, processes of PyTorch. They take turns; figures are medians of
the rounds, and of the ratios within a round.

`--units 16` measures how much of decoding an epoch hides behind training instead.
"""

import math
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
from PIL import Image, ImageEnhance
from sklearn.datasets import load_sample_images

WIDTH, HEIGHT, SIDE, BATCH = 500, 375, 224, 64
JITTER, LEAST = 0.2, 0.08
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def write(folder: Path, count: int) -> None:
    """Write parts of two photographs, in two classes."""
    drawn = random.Random(0)
    pictures = [Image.fromarray(pixels) for pixels in load_sample_images().images]
    for number in range(count):
        left, top = drawn.randrange(640 - WIDTH), drawn.randrange(427 - HEIGHT)
        part = pictures[number % 2].crop((left, top, left + WIDTH, top + HEIGHT))
        path = folder / ("china", "flower")[number % 2] / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        part.save(path, quality=90)


class Folder:
    """What one would write for a `DataLoader`, with Pillow alone."""

    def __init__(self, folder: Path):
        self.paths = sorted(folder.glob("*/*.jpg"))

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[np.ndarray, int]:
        """Return one image, float32 of shape `(3, SIDE, SIDE)`, and its class."""
        path = self.paths[index]
        with Image.open(path) as image:
            width, height = image.size
            area = width * height * random.uniform(LEAST, 1)
            ratio = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
            across = min(math.sqrt(area * ratio), width)
            down = min(math.sqrt(area / ratio), height)
            left, top = (
                random.random() * (width - across),
                random.random() * (height - down),
            )
            image.draft("RGB", (2 * SIDE, 2 * SIDE))
            scale = image.width / width
            box = tuple(scale * x for x in (left, top, left + across, top + down))
            image = image.convert("RGB").resize(
                (SIDE, SIDE), Image.Resampling.BILINEAR, box
            )
        if random.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        for kind in (
            ImageEnhance.Brightness,
            ImageEnhance.Contrast,
            ImageEnhance.Color,
        ):
            image = kind(image).enhance(random.uniform(1 - JITTER, 1 + JITTER))
        pixels = np.asarray(image, "float32") / 255
        pixels = (pixels - np.float32(MEAN)) / np.float32(SPREAD)
        return pixels.transpose(2, 0, 1), int(path.parent.name == "flower")


def of_pytorch(folder: Path, workers: int) -> float:
    """Return images a second."""
    import torch

    torch.set_num_threads(1)
    loader = torch.utils.data.DataLoader(
        Folder(folder),
        BATCH,
        shuffle=True,
        num_workers=workers,  # type: ignore[arg-type]
    )
    begin, count = time.perf_counter(), 0
    for x, _ in loader:
        count += len(x)
    return count / (time.perf_counter() - begin)


def batches_of(folder: Path) -> Any:
    """Return the batches of kerasdl."""
    from kerasdl import config
    from kerasdl.data import Batches
    from kerasdl.data.images.augmentation import Augmentation
    from kerasdl.data.images.form import Form
    from kerasdl.data.images.preprocessing import ImageExamples, ImagePreprocessing
    from kerasdl.data.preprocessing import Part

    raw = config.load("cnn", settings=[f"data.name={folder}"]).data.read()
    chosen = Augmentation(
        flip=True, crop=LEAST, brightness=JITTER, contrast=JITTER, saturation=JITTER
    )
    form = Form(SIDE, SIDE, 3, "crop")
    part = Part(raw, np.arange(len(raw.names)))
    y = (raw.targets == "flower").astype("int32")
    preprocessing = ImagePreprocessing(form, MEAN, SPREAD)
    return Batches(ImageExamples(preprocessing, part, y, chosen), BATCH, seed=0)


def of_kerasdl(folder: Path) -> float:
    """Return images a second."""
    from kerasdl.data.ahead import Ahead

    ahead = Ahead(batches_of(folder).epoch(0))
    begin = time.perf_counter()
    count = sum(len(x) for x, _ in ahead)
    return count / (time.perf_counter() - begin)


class Overlap:
    """An epoch of a small convolutional network: decoding, training, and both."""

    def __init__(self, folder: Path, units: int):
        from keras import Input, Sequential, layers, losses

        self.batches = batches_of(folder)
        self.model = Sequential(
            [
                Input((SIDE, SIDE, 3)),
                layers.Conv2D(units, 7, 4, activation="relu"),
                layers.Conv2D(2 * units, 3, 2, activation="relu"),
                layers.GlobalAveragePooling2D(),
                layers.Dense(2),
            ]
        )
        self.model.compile("sgd", losses.SparseCategoricalCrossentropy(True))
        self.made = [*self.batches.epoch(0)]
        self.train(self.made)  # compiles

    def train(self, source: Any) -> None:
        """Train for an epoch on batches that are made, or as they are made."""
        from keras.utils import PyDataset

        class Source(PyDataset):
            def __len__(self) -> int:
                return len(source)

            def __getitem__(self, index: int) -> Any:
                return source[index]

        self.model.fit(Source(), shuffle=False, verbose=0)

    def ratio(self) -> float:
        """Return the seconds of both at once, as a share of one after the other."""
        from kerasdl.data.ahead import Ahead

        decoding = measured("decode", lambda: [*Ahead(self.batches.epoch(0))])
        training = measured("train", lambda: self.train(self.made))
        both = measured("both", lambda: self.train(Ahead(self.batches.epoch(0))))
        return both / (decoding + training)


def measured(what: str, function: Callable[[], Any]) -> float:
    """Return the seconds that a function takes."""
    begin, used = time.perf_counter(), time.process_time()
    function()
    seconds, used = time.perf_counter() - begin, time.process_time() - used
    click.echo(f"{what} {seconds:.1f} s, {used:.1f} s of the processor")
    return seconds


@click.command(help=__doc__)
@click.option("--count", default=5_000, show_default=True, help="Images.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--units", type=int, help="Measure overlap, with a network so wide.")
def main(count: int, rounds: int, units: int | None) -> None:
    workers = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), count)
        if units:
            overlap = Overlap(Path(folder), units)
            found = statistics.median(overlap.ratio() for _ in range(rounds))
            click.echo(f"both at once take {found:.2f} of one after the other")
            return
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(of_kerasdl(Path(folder)))
            theirs.append(of_pytorch(Path(folder), workers))
            click.echo(f"kerasdl {ours[-1]:.0f}/s, DataLoader {theirs[-1]:.0f}/s")
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    click.echo(
        f"{workers} workers: kerasdl {statistics.median(ours):.0f}/s, "
        f"DataLoader {statistics.median(theirs):.0f}/s, "
        f"ratio {statistics.median(ratios):.2f}"
    )


if __name__ == "__main__":
    main()
