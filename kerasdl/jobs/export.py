"""Write the weights of a run as other libraries load them."""

from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from kerasdl import storage
from kerasdl.backend import settings
from kerasdl.config import Config
from kerasdl.data import Encoding
from kerasdl.errors import ConfigError
from kerasdl.jobs import encodings
from kerasdl.jobs.evaluate import load_model
from kerasdl.models.published.image_processor import processor_json
from kerasdl.models.published.load import OWN
from kerasdl.models.published.write import library_of, published_arrays
from kerasdl.rundir import RunDir

WEIGHTS = "model.safetensors"


def export_weights(run: RunDir, names: str, folder: Path) -> dict[str, Any]:
    """Write the weights of a run in a folder, by the names of a library.

    For `transformers`, the folder also has the `config.json`, the `tokenizer.json` and
    the `preprocessor_config.json` that it reads. The folder appears whole or not at all.

    Args:
        run: The run.
        names: The library: `kerasdl`, or one that publishes weights of the family.
        folder: Where to write; it must not exist.

    Returns:
        The folder, the library, its files, the number of tensors, and that of numbers.

    Raises:
        BackendError: If a script changed the Keras settings that runs need.
        ConfigError: If the folder exists, or the library has no such model.
        ModelFileError, UnsafeError: As `load_model`.
        StorageError: If it cannot be written.
    """
    settings.check()
    if folder.exists():
        raise ConfigError(f"{folder} exists", "choose another --output")
    config = run.read_config()
    encoding = encodings.read(run, config)
    model, _ = load_model(run, encoding)
    library = library_of(names, config.model.published(), model)
    is_own = library is OWN
    texts = (
        {} if is_own or not library.architectures else _texts(config, encoding, library)
    )
    is_whole = config.data.task != "embedding"
    arrays = published_arrays(model, library, is_whole)
    files = {name: content.encode() for name, content in texts.items()}
    files[WEIGHTS] = save(arrays, metadata={"format": "pt"})
    storage.write_directory(folder, files)
    return {
        "folder": str(folder),
        "names": library.name,
        "files": sorted(files),
        "tensors": len(arrays),
        "numbers": sum(int(np.prod(each.shape)) for each in arrays.values()),
    }


def _texts(config: Config, encoding: Encoding, library: Any) -> dict[str, str]:
    """Return the files beside the weights that `transformers` reads, by name."""
    described = config.model.for_data(*encoding.preprocessing.signature.values())
    content = described.config_json(library, config.data.task)
    values = encoding.to_json()
    if names := values["targets"].get("names"):
        content["id2label"] = dict(enumerate(names))
        content["label2id"] = {name: number for number, name in enumerate(names)}
    elif count := values["targets"].get("num_classes"):
        content["num_labels"] = count
    files = {"config.json": content}
    preprocessing = values["preprocessing"]
    if config.data.kind == "images":
        content["image_size"] = preprocessing["height"]
        content["num_channels"] = preprocessing["channels"]
        files["preprocessor_config.json"] = processor_json(preprocessing)
    texts = {name: storage.to_json(each) for name, each in files.items()}
    if tokenizer := preprocessing.get("tokenizer"):
        texts["tokenizer.json"] = tokenizer
    return texts
