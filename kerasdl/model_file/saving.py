"""Write a large model file by way of the disk.

`keras.Model.save` collects the weights in memory first, beside the model itself. Here they
take their space on the disk twice until the file is whole.
"""

import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras

from kerasdl import storage
from kerasdl.model_file.inspection import CONFIG, METADATA, WEIGHTS

ERROR_NUMBER = re.compile(r"\berrno = (\d+)")
"""Where HDF5 tells the error of the system."""


def save(model: keras.Model, path: Path) -> None:
    """Write a model as Keras does, in a temporary folder beside the file at first.

    Args:
        model: The model, not compiled.
        path: The file, which is replaced.

    Raises:
        OSError: If writing fails.
    """
    temporary = tempfile.TemporaryDirectory(prefix=storage.TEMPORARY, dir=path.parent)
    with temporary as name:
        folder = Path(name) / "model"
        with _system_errors():
            model.save(folder, zipped=False)
        with zipfile.ZipFile(path, "w", strict_timestamps=False) as archive:
            for member in (METADATA, CONFIG, WEIGHTS):
                archive.write(folder / member, member)


@contextmanager
def _system_errors() -> Iterator[None]:
    """Raise the error of the system that HDF5 tells in an error of any kind.

    Keras closes the file also where it could not be opened, which raises another one.
    """
    try:
        yield
    except Exception as fault:
        told: BaseException | None = fault
        while told is not None:
            if found := ERROR_NUMBER.search(str(told)):
                number = int(found[1])
                raise OSError(number, os.strerror(number)) from fault
            told = told.__context__
        raise
