"""What the weights are before the first step: random, from ImageNet, or from files and runs."""

from pathlib import Path

from torch import nn

from mattekit.core.errors import BadRecipe, BadWeights, MattekitError
from mattekit.models.files import find
from mattekit.networks import weights
from mattekit.networks.published.checkpoints import start_from_imagenet
from mattekit.recipes.recipe import IMAGENET, RANDOM, InitConfig


def load_initial_weights(network: nn.Module, init: InitConfig | None) -> list[str]:
    """Give a new network its first weights; remarks on what was left out."""
    if init is None:
        return []
    try:
        remarks = _fill(network, init.path, init)
        for name, place in init.parts.items():
            found = _fill(_part(network, name), place, init)
            remarks += [f"{name}: {remark}" for remark in found]
    except MattekitError as error:
        sentence = str(error).removeprefix("init: ")
        ways = [init.how_to_get or "name it by init.file=FILE" * (init.path == IMAGENET)]
        advice = "; ".join([*filter(None, ways), "init=none starts at random"])
        raise BadWeights(f"init: {sentence}; {advice}") from error
    return remarks


def load_initial_critic(critic: nn.Module | None, init: InitConfig | None) -> list[str]:
    """Give the critic of a new run its first weights; remarks on what was left out."""
    if init is None or init.critic is None:
        return []
    if critic is None:
        raise BadRecipe("init.critic: there is no critic; take method=adversarial, or leave it out")
    path = find(init.critic)
    _, tensors = weights.read(path)
    return weights.start_from(critic, tensors, strict=init.strict, source=str(path))


def describe_init(init: InitConfig | None) -> str:
    """One line for the model card."""
    if init is None:
        return "init: none, all weights started at random"
    parts = [f"{name} from {place}" for name, place in init.parts.items()]
    parts += [f"critic from {init.critic}"] if init.critic else []
    whole = [] if init.path == RANDOM and parts else [init.path]
    return f"init: {', '.join([*whole, *parts])}"


def load_network(place: str, key: str) -> nn.Module:
    """The network of a run, a checkpoint or a file that a recipe's key names."""
    try:
        return weights.load(find(place))
    except MattekitError as error:
        sentence = str(error).removeprefix("init: ")
        raise BadWeights(
            f"{key}: {sentence}; train it first, or set {key}=none to teach with the true one"
        ) from error


def _fill(network: nn.Module, place: str, init: InitConfig) -> list[str]:
    if place == RANDOM:
        return []
    if place == IMAGENET:
        start_from_imagenet(network, Path(init.file) if init.file else None)
        return []
    path = find(place)
    _, tensors = weights.read(path)
    return weights.start_from(network, tensors, strict=init.strict, source=str(path))


def _part(network: nn.Module, name: str) -> nn.Module:
    try:
        return network.get_submodule(name)
    except AttributeError as error:
        parts = ", ".join(name for name, _ in network.named_children())
        raise BadRecipe(f"parts: the network has no '{name}'; it has {parts}") from error
