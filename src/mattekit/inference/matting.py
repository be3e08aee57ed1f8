"""The one route from a photo and a trimap to an alpha: a method by name, built once for a run.

A classical method and a network of any origin answer alike, so callers need not know which it is.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any, Protocol, get_args, runtime_checkable

from mattekit.classical.closed_form import Quality, closed_form
from mattekit.classical.information_flow import information_flow
from mattekit.classical.knn import knn
from mattekit.core.errors import BadArgument
from mattekit.core.matte import Matte
from mattekit.core.types import Plane, Trimap
from mattekit.inference.inputs import Share
from mattekit.inference.strategies import StrategyConfig, strategy_named
from mattekit.models.files import DEFAULT_MODEL
from mattekit.models.registry import Terms

CLASSICAL: dict[str, Callable[..., Matte]] = {
    "closed-form": closed_form,
    "knn": knn,
    "information-flow": information_flow,
}
MODELS = (DEFAULT_MODEL, *CLASSICAL)
"""Names that need no file."""


@dataclass(frozen=True, kw_only=True)
class ClassicalMatting:
    """A method without a network."""

    name: str
    solve: Callable[[Plane, Trimap], Matte]
    strategy: None = None
    states_error: bool = False
    terms: Terms | None = None

    def matte(self, colours: Plane, trimap: Trimap, *, done: Share = None) -> Matte:
        return self.solve(colours, trimap)


@runtime_checkable
class Matting(Protocol):
    """What finds alphas: a classical method, or a network."""

    @property
    def name(self) -> str: ...
    @property
    def strategy(self) -> StrategyConfig | None: ...
    @property
    def states_error(self) -> bool: ...
    @property
    def terms(self) -> Terms | None: ...
    def matte(self, colours: Plane, trimap: Trimap, *, done: Share = None) -> Matte: ...


def build_matting(
    model: str | os.PathLike[str] | None = None,
    *,
    quality: Quality = "full",
    strategy: str | StrategyConfig | None = None,
    max_memory: int | None = None,
    device: str = "auto",
) -> Matting:
    """The method of a model's name or file, checked and loaded.

    Args:
        model: one of `MODELS`, an imported or a registered model, or a .safetensors or .onnx file;
            default: the one measured best.
        quality: `fast` is closed-form at a reduced size, also in place of the shipped network.
        strategy: how a network is run on a picture; default: the one that suits it.
        max_memory: bytes that the whole process may hold.
        device: where a network runs.

    >>> build_matting("closed-form").name
    'closed-form'
    """
    if quality not in get_args(Quality):
        raise BadArgument(f"quality is one of {', '.join(get_args(Quality))}, not '{quality}'")
    name = os.fspath(model or DEFAULT_MODEL)
    if name == DEFAULT_MODEL and quality == "fast":
        name = "closed-form"
    if name in CLASSICAL:
        if strategy is not None:
            raise BadArgument(f"{name} is not a network; leave --strategy out")
        options: dict[str, Any] = {"quality": quality} if name == "closed-form" else {}
        if max_memory is not None and name != "information-flow":  # its size is bounded
            options["max_memory"] = max_memory
        return ClassicalMatting(name=name, solve=partial(CLASSICAL[name], **options))
    close = get_close_matches(name, CLASSICAL)
    if close:
        raise BadArgument(f"there is no model '{name}'; did you mean {close[0]}?")
    from mattekit.inference.load import load  # opens ONNX Runtime

    way = strategy_named(strategy) if isinstance(strategy, str) else strategy
    return load(name, strategy=way, max_memory=max_memory, device=device)


def check_states_error(method: Matting) -> None:
    """Refuse a method that has no confidence to compare with `--min-confidence`."""
    if not method.states_error:
        raise BadArgument(
            f"{method.name} does not say how sure it is of its alpha; for --min-confidence take "
            f"{DEFAULT_MODEL} at full quality, or a network with an output 'error'"
        )
