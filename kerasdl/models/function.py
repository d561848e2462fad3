"""A function for each family, with the family's keys as documented arguments."""

import dataclasses
import inspect
import textwrap
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

import numpy as np

from kerasdl.config.annotations import convert
from kerasdl.config.keys import meanings
from kerasdl.models.family import Family

if TYPE_CHECKING:
    import keras


@cache
def function(family: type[Family]) -> Callable[..., "keras.Model"]:
    """Return the function that builds models of a family.

    Its arguments are `input_shape`, `num_outputs`, the keys of the family, `seed` and
    `name`. It raises `ValueError` if a key is out of its range.
    """
    signature, build_signature = _signature(family), inspect.signature(Family.build)
    hints = get_type_hints(family, include_extras=True)

    def make(*args: Any, **kwargs: Any) -> "keras.Model":
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        keys, build_arguments = {}, {}
        for key, value in bound.arguments.items():
            if key in build_signature.parameters:
                build_arguments[key] = value
            else:
                keys[key] = _converted(key, value, hints[key])
        return family(**keys).build(**build_arguments)

    make.__name__ = make.__qualname__ = family.identifier()
    make.__module__ = "kerasdl.models"
    make.__doc__ = _doc(family)
    make.__signature__ = signature  # pyright: ignore[reportFunctionMemberAccess]
    return make


def _signature(family: type[Family]) -> inspect.Signature:
    """Return the signature of `Family.build`, with the keys after two arguments."""
    _, shape, outputs, seed, name = inspect.signature(Family.build).parameters.values()
    if family.reconstructs:
        outputs = outputs.replace(default=None)
    types = get_type_hints(family)
    keys = [
        inspect.Parameter(
            field.name, shape.kind, default=field.default, annotation=types[field.name]
        )
        for field in dataclasses.fields(family)
        if field.name != "name"
    ]
    name = name.replace(default=family.identifier(), annotation=str)
    return inspect.Signature([shape, outputs, *keys, seed, name])


def _converted(key: str, value: Any, hint: Any) -> Any:
    """Return the value of a key, converted to its type; it may be NumPy's."""
    try:
        return convert(np.asarray(value).tolist(), hint)
    except ValueError as fault:
        raise ValueError(f"`{key}` (={value!r}) {fault}") from None


def _doc(family: type[Family]) -> str:
    """Return the family's docstring, with the arguments and what `build` raises."""
    if not Family.build.__doc__:  # `python -OO` strips docstrings
        return ""
    _, _, shared = (inspect.getdoc(Family.build) or "").partition("Args:\n")
    shape, outputs, *last = shared.partition("\n\n")[0].splitlines()
    if family.reconstructs:
        outputs = "    num_outputs: Must be None: there are as many outputs as inputs."
    field_docs = meanings(family)
    keys = [
        textwrap.fill(
            f"{field.name}: {field_docs.get(field.name, '')}",
            width=88,
            initial_indent=" " * 4,
            subsequent_indent=" " * 8,
        )
        for field in dataclasses.fields(family)
        if field.name != "name"
    ]
    lines = "\n".join([shape, outputs, *keys, *last])
    _, _, raises = (inspect.getdoc(family.build) or "").partition("Raises:\n")
    return f"{inspect.getdoc(family)}\n\nArgs:\n{lines}\n\nRaises:\n{raises}\n"
