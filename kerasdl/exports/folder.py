"""What an exported folder holds beside its network: all that runs it elsewhere."""

from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from kerasdl.data import Encoding
from kerasdl.exports.formats import Format
from kerasdl.storage import to_json

STANDALONE = resources.files("kerasdl.exports") / "standalone"
NETWORKS = resources.files("kerasdl.backend") / "networks"
"""What opens the network of each format; some import a backend."""


def scripts(encoding: Encoding, form: Format, scales: bool) -> dict[str, bytes]:
    """Return the files that run a network, by name.

    Args:
        encoding: What inputs and outputs mean.
        form: The format of the network.
        scales: Whether the network scales its inputs itself.

    Returns:
        Without a script for the inputs, only what opens the network.
    """
    preprocessing = encoding.preprocessing
    meaning: dict[str, Any] = encoding.to_json() | {"scales": scales}
    meaning["preprocessing"] = preprocessing.portable_json()
    files = _folder(NETWORKS / form.folder)
    files["preprocessing.json"] = f"{to_json(meaning, indent=2)}\n".encode()
    if portable := preprocessing.portable:
        for name in ("run.py", "answers.py"):
            files[name] = (STANDALONE / name).read_bytes()
        files |= _folder(STANDALONE / portable.folder) | dict(portable.files)
    return files


def _folder(folder: Traversable) -> dict[str, bytes]:
    return {
        each.name: each.read_bytes()
        for each in sorted(folder.iterdir(), key=lambda file: file.name)
        if each.name.endswith(".py")
    }
