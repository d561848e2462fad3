"""What the run that a training begins with decides; imports no Keras."""

from collections.abc import Sequence

from kerasdl import config as configs
from kerasdl import runs_folder
from kerasdl.config import Setting
from kerasdl.errors import InvalidConfigError

WEIGHTS = "transfer.weights"


def inherited(preset: str | None, settings: Sequence[Setting | str]) -> list[Setting]:
    """Return the keys that a run of `transfer.weights` decides where the user does not.

    They are its model, and how its inputs are encoded, if the data are of its kind. None
    if the weights are no run, or if the preset that the user names has another model.

    Args:
        preset: The preset that the user names, if any.
        settings: What the user sets.

    Raises:
        ConfigError: If the config of the run cannot be read.
    """
    given = [
        s if isinstance(s, Setting) else configs.parse_setting(s) for s in settings
    ]
    weights = [each.value for each in given if each.key == WEIGHTS]
    if not weights or not isinstance(weights[-1], str):
        return []
    if (run := runs_folder.named(weights[-1])) is None:
        return []
    config = run.read_config()
    if preset is not None and _family(preset) != config.model.name:
        return []
    keys = config.model.inherited_keys()
    found = {f"model.{key}": value for key, value in keys.items()}
    try:
        data = configs.load_data(preset, None, settings).data
    except InvalidConfigError:  # told with all other errors
        return []
    if data.kind == config.data.kind:
        found |= config.data.encoding_keys(run.path)
    origin = f"--init-from {weights[-1]}"
    return [Setting(key, value, origin) for key, value in found.items()]


def _family(preset: str) -> str | None:
    family = configs.family_of(preset)
    return None if family is None else family.name
