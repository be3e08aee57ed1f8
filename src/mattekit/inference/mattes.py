"""The models that `cutout` takes, by name: from colours and a trimap to an alpha.

A name that is not in `MODELS` is a network: imported weights, or a file.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches

from mattekit.classical.closed_form import DEFAULT_MEMORY, Quality, closed_form
from mattekit.classical.information_flow import information_flow
from mattekit.classical.knn import knn
from mattekit.core.errors import BadArgument
from mattekit.core.types import Alpha, Plane, Trimap
from mattekit.inference.confidence import CONFIDENT, no_confidence, of_unknown
from mattekit.inference.default import DEFAULT_MODEL


@dataclass(frozen=True, kw_only=True)
class Effort:
    """What a method may spend."""

    quality: Quality = "full"
    """`fast` is closed-form at a reduced size, also in place of the shipped network."""
    max_memory: int = DEFAULT_MEMORY
    """Bytes of the whole process."""
    strategy: str | None = None
    """How a network goes over the picture; the classical methods have none."""


@dataclass(frozen=True, kw_only=True)
class Matte:
    """An alpha, how it was made, and what the user should know of that."""

    alpha: Alpha
    model: str
    strategy: str | None = None
    expected_error: Plane | None = None
    """|error| that the model expects of its alpha, h w, where it was taught to say so."""
    warnings: list[str] = field(default_factory=list)


def find_alpha(
    colours: Plane, trimap: Trimap, *, model: str | None = None, effort: Effort | None = None
) -> Matte:
    """The alpha of a picture of any depth, by the named model or by the default one."""
    name, effort = model or DEFAULT_MODEL, effort or Effort()
    if name not in MODELS:
        return _network(name, colours, trimap, effort)
    if effort.strategy is not None:
        raise BadArgument(f"{name} takes no --strategy; strategies are ways of networks")
    return MODELS[name](colours, trimap, effort)


def check_confident(model: str | None, effort: Effort) -> None:
    """Refuse a model that does not say how sure it is of its alpha, before any work."""
    name = model or DEFAULT_MODEL
    if name not in MODELS:
        from mattekit.inference.load import load_network
        from mattekit.inference.outputs import check_gives_error

        check_gives_error(load_network(name))
    elif name not in CONFIDENT or effort.quality == "fast":
        raise no_confidence(name)


def _closed_form(colours: Plane, trimap: Trimap, effort: Effort) -> Matte:
    result = closed_form(colours, trimap, quality=effort.quality, max_memory=effort.max_memory)
    return Matte(alpha=result.alpha, model="closed-form", warnings=result.warnings)


def _knn(colours: Plane, trimap: Trimap, effort: Effort) -> Matte:
    result = knn(colours, trimap, max_memory=effort.max_memory)
    return Matte(alpha=result.alpha, model="knn", warnings=result.warnings)


def _information_flow(colours: Plane, trimap: Trimap, effort: Effort) -> Matte:
    result = information_flow(colours, trimap)
    return Matte(alpha=result.alpha, model="information-flow", warnings=result.warnings)


def _compact(colours: Plane, trimap: Trimap, effort: Effort) -> Matte:
    if effort.quality == "fast":
        return _closed_form(colours, trimap, effort)
    from mattekit.inference.onnx_model import compact

    result = compact(colours, trimap)
    return Matte(
        alpha=result.alpha,
        model="compact",
        expected_error=result.expected_error,
        warnings=result.warnings,
    )


MODELS: dict[str, Callable[[Plane, Trimap, Effort], Matte]] = {
    "compact": _compact,
    "closed-form": _closed_form,
    "knn": _knn,
    "information-flow": _information_flow,
}
"""Name -> method."""


def _network(name: str, colours: Plane, trimap: Trimap, effort: Effort) -> Matte:
    from mattekit.inference.load import load
    from mattekit.inference.strategies import STRATEGIES

    close = get_close_matches(name, MODELS)
    if close:
        raise BadArgument(f"there is no model '{name}'; did you mean {close[0]}?")
    if effort.strategy is not None and effort.strategy not in STRATEGIES:
        raise BadArgument(
            f"there is no strategy '{effort.strategy}'; choose {', '.join(STRATEGIES)}"
        )
    strategy = STRATEGIES[effort.strategy]() if effort.strategy else None
    predictor = load(name, strategy=strategy, max_memory=effort.max_memory)
    planes = predictor.planes(colours, trimap, ("alpha", "error"))
    error = planes.get("error")
    return Matte(
        alpha=planes["alpha"],
        model=name,
        strategy=effort.strategy,
        expected_error=None if error is None else of_unknown(error, trimap),
    )
