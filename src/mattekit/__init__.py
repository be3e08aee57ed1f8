"""Image matting. The names below are all that is public; importing mattekit imports none of them.

Each is imported when it is first used.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING
from typing import Any as _Any

if TYPE_CHECKING:
    from mattekit import metrics, networks, synthetic
    from mattekit.classical.foreground import estimate_foreground
    from mattekit.core.errors import MattekitError
    from mattekit.cutouts.cutout import Cutout, cutout
    from mattekit.evaluation.evaluate import evaluate
    from mattekit.imaging.compose import over
    from mattekit.imaging.files import read_alpha, read_image, read_trimap, write_image
    from mattekit.imaging.trimap import make_trimap
    from mattekit.inference.load import load
    from mattekit.keying.key import key

    __version__: str

_EXPORTS = {
    "Cutout": "mattekit.cutouts.cutout",
    "MattekitError": "mattekit.core.errors",
    "cutout": "mattekit.cutouts.cutout",
    "estimate_foreground": "mattekit.classical.foreground",
    "evaluate": "mattekit.evaluation.evaluate",
    "key": "mattekit.keying.key",
    "load": "mattekit.inference.load",
    "make_trimap": "mattekit.imaging.trimap",
    "over": "mattekit.imaging.compose",
    "read_alpha": "mattekit.imaging.files",
    "read_image": "mattekit.imaging.files",
    "read_trimap": "mattekit.imaging.files",
    "write_image": "mattekit.imaging.files",
}
_SUBPACKAGES = ("metrics", "networks", "synthetic")

__all__ = [
    "Cutout",
    "MattekitError",
    "cutout",
    "estimate_foreground",
    "evaluate",
    "key",
    "load",
    "make_trimap",
    "metrics",
    "networks",
    "over",
    "read_alpha",
    "read_image",
    "read_trimap",
    "synthetic",
    "write_image",
]


def __getattr__(name: str) -> _Any:
    """Import a public name when it is first used."""
    if name == "__version__":
        return _import_module("importlib.metadata").version("mattekit")
    if name not in __all__:
        raise AttributeError(f"module 'mattekit' has no attribute '{name}'")
    require = _import_module("mattekit.core.extras").require
    if name in _SUBPACKAGES:
        return require(f"mattekit.{name}", f"mattekit.{name}")
    return getattr(require(_EXPORTS[name], f"mattekit.{name}"), name)


def __dir__() -> list[str]:
    """The public names, for completion."""
    return [*__all__, "__version__"]
