"""Files that `transformers` reads with weights: model, images and sentences."""

from collections.abc import Mapping
from typing import Any

from kerasdl.errors import ConfigError
from kerasdl.models.published.config_keys import ACTIVATIONS
from kerasdl.models.published.image_processor import INTERPOLATIONS
from kerasdl.models.published.library import Library


def config_json(table: Any, library: Library, task: str) -> dict[str, Any]:
    """Return the `config.json` that a library reads for a model.

    Args:
        table: The `[model]` table.
        library: The library.
        task: What the model is for.

    Raises:
        ConfigError: If the library has no such model for the task.
    """
    if (architecture := library.architectures.get(task)) is None:
        what = f"{library.name} has no model {table.name!r} for {task}"
        raise ConfigError(what, "write the weights by --names kerasdl")
    found: dict[str, Any] = {"architectures": [architecture]}
    found |= {key: values[0] for key, values in library.supported.items()}
    for own, key in library.config.items():
        place, _, name = own.partition(".")
        if place == "model":
            found[key] = getattr(table, name)
    if (key := library.config.get("model.activation")) is not None:
        names = ACTIVATIONS.get(found[key])
        if names is None:
            what = f"{library.name} has no activation {found[key]!r}"
            raise ConfigError(what, "write the weights by --names kerasdl")
        found[key] = names[0]
    return found


def processor_json(preprocessing: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `preprocessor_config.json` of the preprocessing of a run.

    Args:
        preprocessing: JSON values of `ImagePreprocessing`.
    """
    size = {key: preprocessing[key] for key in ("height", "width")}
    shorter = round(size["height"] / preprocessing["crop_pct"])
    numbers = {name: number for number, name in INTERPOLATIONS.items()}
    is_cut = preprocessing["resize"] == "crop"
    return {
        "image_processor_type": "CLIPImageProcessor" if is_cut else "ViTImageProcessor",
        "do_resize": True,
        "size": {"shortest_edge": shorter} if is_cut else size,
        "do_center_crop": is_cut,
        "crop_size": size,
        "resample": numbers[preprocessing["interpolation"]],
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [*preprocessing["mean"]],
        "image_std": [*preprocessing["scale"]],
    }


def sentence_json(
    pooling: str, targets: Mapping[str, Any], config: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the files of a sentence encoder by name; none for another model.

    Args:
        pooling: How its vectors become one.
        targets: JSON values of the targets of its run.
        config: Its `config.json`.
    """
    if pooling != "mean" or "normalized" not in targets:
        return {}
    package = "sentence_transformers.models."
    steps = ["Transformer", "Pooling", *["Normalize"] * targets["normalized"]]
    return {
        "modules.json": [
            {
                "idx": place,
                "name": str(place),
                "path": f"{place}_{kind}" if place else "",
                "type": f"{package}{kind}",
            }
            for place, kind in enumerate(steps)
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": config["hidden_size"],
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
        },
    }
