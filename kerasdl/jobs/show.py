"""Show what a network will see of its training images."""

from pathlib import Path
from typing import Any

import numpy as np

from kerasdl import storage
from kerasdl.config import Config
from kerasdl.errors import ConfigError
from kerasdl.jobs import assemble
from kerasdl.jobs.batch_size import with_batch_size


def show(
    config: Config, output: Path, count: int, epoch: int, download: bool = False
) -> dict[str, Any]:
    """Write a contact sheet of training images, in the order of an epoch.

    They are scaled, augmented and mixed as in training.

    Args:
        config: The config of the run to be.
        output: Path of the PNG file.
        count: The number of images, at most.
        epoch: The epoch (0-based).
        download: As for `assemble.source`.

    Returns:
        The path and the number of images.

    Raises:
        ConfigError: If the data are no images.
        DataError: If they cannot be learned from.
        StorageError: If the file cannot be written.
    """
    from kerasdl.data.images.contact_sheet import contact_sheet  # Pillow

    dataset = assemble.dataset(config, download)
    shape = dataset.encoding.input_shape
    if len(shape) not in (2, 3) or shape[2:] not in ((), (1,), (3,)):
        what = f"{config.data.name!r} holds no images: its examples have shape {shape}"
        raise ConfigError(what, "show takes images with 1 or 3 channels")
    config = with_batch_size(config, len(dataset.train))
    batches = assemble.batches(config, dataset)
    inputs: list[np.ndarray] = []
    captions: list[str] = []
    for index in range(len(batches)):
        x, y, *_ = batches.epoch(epoch)[index]
        inputs.append(x)
        captions += dataset.targets.captions(y)
        if len(captions) >= count:
            break
    x = np.concatenate(inputs)[:count]
    pictures = dataset.preprocessing.pictures(x).reshape(*x.shape[:3], -1)
    sheet = contact_sheet(pictures, captions[:count])
    with storage.replacing(output) as temporary:
        sheet.save(temporary, "PNG")
    return {"output": str(output), "images": len(pictures), "epoch": epoch}
