"""Write the weights of a run as other libraries load them."""

from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from kerasdl import storage, tasks
from kerasdl.backend import settings
from kerasdl.data import Encoding
from kerasdl.errors import ConfigError
from kerasdl.jobs import encodings
from kerasdl.jobs.evaluate import load_model
from kerasdl.models.published.descriptions import processor_json, sentence_json
from kerasdl.models.published.library import OWN
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
    table = config.model.for_data(*encoding.preprocessing.signature.values())
    library = library_of(names, table, model)
    has_config = library is not OWN and library.architectures
    texts: dict[str, str] = {}
    if has_config:
        content = table.config_json(library, config.data.task)
        texts = _texts(content, encoding, getattr(table, "pooling", ""))
    is_whole = tasks.find(config.data.task).learns
    arrays = published_arrays(model, library, is_whole)
    files = {name: content.encode() for name, content in texts.items()}
    files[WEIGHTS] = save(arrays, metadata={"format": library.framework})
    storage.write_directory(folder, files)
    return {
        "folder": str(folder),
        "names": library.name,
        "files": sorted(files),
        "tensors": len(arrays),
        "numbers": sum(int(np.prod(each.shape)) for each in arrays.values()),
    }


def _texts(content: dict[str, Any], encoding: Encoding, pooling: str) -> dict[str, str]:
    """Return the files beside the weights that `transformers` reads, by name.

    Args:
        content: What the `config.json` says of the model.
        encoding: What inputs and outputs mean.
        pooling: How the vectors of a text become one.

    Raises:
        ConfigError: If the tokens are words or characters, which it does not read.
    """
    values = encoding.to_json()
    targets, preprocessing = values["targets"], values["preprocessing"]
    if names := targets.get("names"):
        content["id2label"] = dict(enumerate(names))
        content["label2id"] = {name: number for number, name in enumerate(names)}
    elif count := targets.get("num_classes"):
        content["num_labels"] = count
    files: dict[str, Any] = {"config.json": content}
    if encoding.kind == "text":
        if not preprocessing["tokenizer"]:
            what = f"tokens are {preprocessing['tokens']}, which transformers reads not"
            raise ConfigError(what, "write the weights by --names kerasdl")
        files |= sentence_json(pooling, targets, content)
    else:
        height, _, *channels = encoding.input_shape
        content["image_size"] = height
        content["num_channels"] = channels[0] if channels else 1
    if encoding.kind == "images":
        files["preprocessor_config.json"] = processor_json(preprocessing)
    texts = {name: storage.to_json(each) for name, each in files.items()}
    if encoding.kind == "text":
        texts["tokenizer.json"] = preprocessing["tokenizer"]
    return texts
