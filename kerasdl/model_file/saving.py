"""Write a model file by way of the disk.

`keras.Model.save` collects the weights in memory first, beside the model itself.
"""

import tempfile
import zipfile
from pathlib import Path

import keras

from kerasdl import storage
from kerasdl.model_file.inspection import CONFIG, METADATA, WEIGHTS


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
        model.save(folder, zipped=False)
        with zipfile.ZipFile(path, "w") as archive:
            for member in (METADATA, CONFIG, WEIGHTS):
                archive.write(folder / member, member)
