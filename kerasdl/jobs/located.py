"""Name the places of wrong targets as the user knows them."""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from kerasdl.config import Config
from kerasdl.data.raw import Raw
from kerasdl.data.target_error import TargetError

Given = ParamSpec("Given")
Result = TypeVar("Result")
Prepares = Callable[Concatenate[Raw, Config, Given], Result]


def located(function: Prepares[Given, Result]) -> Prepares[Given, Result]:
    """Return a function of data and a config whose `TargetError` names places."""

    @functools.wraps(function)
    def wrapped(
        raw: Raw, config: Config, *args: Given.args, **kwargs: Given.kwargs
    ) -> Result:
        try:
            return function(raw, config, *args, **kwargs)
        except TargetError as fault:
            raise config.data.locate(raw, fault) from fault

    return wrapped
