"""The formats that a trained network is written in."""

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kerasdl.errors import BackendError


@dataclass(frozen=True)
class Format:
    """A file format of networks.

    Args:
        name: Value of `--format`.
        backend: The backend that writes it.
        packages: Modules that write and run it, besides the backend.
        extra: The extra of kerasdl that installs them.
        writer: Where the function is that writes, as `module:function`. It takes a
            model, a batch of two inputs, and texts for the metadata by name, and returns
            the content of files by name.
        needs: What its user installs to run it.
    """

    name: str
    backend: str
    packages: tuple[str, ...]
    extra: str
    writer: str
    needs: str

    @property
    def folder(self) -> str:
        """The folder of the files that open it, in `kerasdl/backend/networks`."""
        return self.name.replace("-", "_")

    def check_installed(self) -> None:
        """Raise `BackendError` unless all that it takes is installed."""
        missing = [each for each in self.packages if not _is_installed(each)]
        if missing:
            what = f"{self.name} needs {', '.join(missing)}"
            raise BackendError(what, f'pip install "kerasdl[{self.extra}]"')

    def written(self, model: Any, batch: Any, told: dict[str, str]) -> dict[str, bytes]:
        """Return the files of a model; see `writer`."""
        module, _, name = self.writer.partition(":")
        write: Callable[..., dict[str, bytes]]
        write = getattr(importlib.import_module(module), name)
        return write(model, batch, told)


FORMATS = {
    each.name: each
    for each in (
        Format(
            "onnx",
            "torch",
            ("onnx", "onnxscript", "onnxruntime"),
            "export",
            "kerasdl.backend.export_torch:onnx_files",
            "onnxruntime",
        ),
        Format(
            "torch",
            "torch",
            (),
            "torch",
            "kerasdl.backend.export_torch:program_files",
            "torch",
        ),
        Format(
            "openvino",
            "torch",
            ("onnx", "onnxscript", "openvino"),
            "export,openvino",
            "kerasdl.exports.openvino_files:openvino_files",
            "openvino",
        ),
        Format(
            "saved-model",
            "tensorflow",
            (),
            "tensorflow",
            "kerasdl.backend.export_tensorflow:saved_model_files",
            "tensorflow",
        ),
        Format(
            "litert",
            "tensorflow",
            ("ai_edge_litert",),
            "tensorflow,litert",
            "kerasdl.backend.export_tensorflow:litert_files",
            "ai-edge-litert",
        ),
    )
}
"""The formats by name."""


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
