"""Networks: one published system a file, each with the config that builds it.

`NetworkConfig` is the list of them, to which plug-ins add. Every network takes an image, a trimap
(or None where `needs_trimap` is False) and then those planes of a batch that its `extra_planes`
names (or None); it returns a `Prediction`. It states the `stride` its input sizes must be multiples
of, the inference `strategies` that suit it, best first, and the `preprocessing` its weights were
trained with.
Weights in and out of files: `networks.weights`.
"""

from pathlib import Path
from typing import Any, get_args

from torch import nn

from mattekit.core.errors import BadArgument
from mattekit.core.plugins import by_name
from mattekit.networks.alphagan import AlphaGanConfig
from mattekit.networks.alphagan_a6 import AlphaGanA6Config
from mattekit.networks.compact import CompactConfig
from mattekit.networks.dim import DimConfig
from mattekit.networks.gfm import GfmConfig
from mattekit.networks.options import options_of
from mattekit.networks.patchgan import PatchGanConfig
from mattekit.networks.samplenet import SampleNetConfig
from mattekit.networks.subject import SubjectConfig
from mattekit.networks.unet import UnetConfig

NetworkConfig = (
    AlphaGanConfig
    | AlphaGanA6Config
    | CompactConfig
    | DimConfig
    | GfmConfig
    | SampleNetConfig
    | SubjectConfig
    | UnetConfig
)


def configs() -> dict[str, Any]:
    """Every network and critic by name, those of plug-ins too."""
    return by_name("networks", (*get_args(NetworkConfig), PatchGanConfig))


def build(name: str, *, pretrained: bool | str | Path = False, **options: Any) -> nn.Module:
    """The network (or critic) of that name with random weights.

    With `pretrained` its encoder starts from ImageNet: True gets the weights through timm, a path
    reads them from a file in torchvision's names.

    >>> network = build("dim", skip="none", conv6_kernel=1)
    >>> network.needs_trimap, network.stride
    (True, 32)
    """
    network: nn.Module = config_of(name, **options).build()
    if pretrained:
        from mattekit.networks.published.checkpoints import start_from_imagenet

        start_from_imagenet(network, None if pretrained is True else Path(pretrained))
    return network


def config_of(name: str, **options: Any) -> Any:
    """The config of that name; options may be given as text, and are checked.

    >>> config_of("dim", conv6_kernel="1").conv6_kernel
    1
    """
    known = configs()
    if name not in known:
        raise BadArgument(
            f"no network is called {name!r}; there are {', '.join(known)}, and those of plug-ins, "
            "see --import"
        )
    member = known[name]
    allowed = {option.name: option for option in options_of(member)}
    unknown = sorted(set(options) - set(allowed))
    if unknown:
        raise BadArgument(
            f"network {name!r} has no option {', '.join(unknown)}; it has {', '.join(allowed)}"
        )
    try:
        return member(**{key: allowed[key].read(value) for key, value in options.items()})
    except ValueError as error:
        raise BadArgument(f"network {name!r}: {error}") from error
