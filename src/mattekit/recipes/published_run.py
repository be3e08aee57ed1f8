"""A training run of the published AlphaGAN of 2026, continued: its checkpoint as the state of ours.

It holds generator, critic, both optimisers (AdamW) and the places in both schedules. Optimisers
number their weights in the order of the published networks, so moments are matched by name.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn, optim

from mattekit.core.errors import BadRecipe, BadWeights
from mattekit.networks.published.checkpoints import read_content
from mattekit.networks.published.importing import import_checkpoint
from mattekit.networks.published.kinds import published_keys
from mattekit.training.adversarial import Adversarial
from mattekit.training.run import Run
from mattekit.training.trained_module import TrainedModule

GENERATOR = ("alphagan-a6", "model_state", "g_optimizer_state", "g_scheduler_state")
CRITIC = ("alphagan-a6-critic", "discriminator_state", "d_optimizer_state", "d_scheduler_state")
"""The kind of network, and the entries of the file with its weights, moments and place."""


def continue_published(run: Run, path: Path) -> list[str]:
    """Give a new run the state of a published checkpoint; remarks on what differs from there on."""
    content = read_content(path)
    wanted = ("epoch", *GENERATOR[1:], *CRITIC[1:])
    missing = [key for key in wanted if not isinstance(content, Mapping) or key not in content]
    if missing:
        raise BadWeights(
            f"--resume: {path} is no checkpoint of a training of AlphaGAN of 2026, it has no "
            f"{', '.join(missing)}; to start from its weights alone, import them and name init=FILE"
        )
    method = run.method
    if not isinstance(method, Adversarial) or method.critic is None:
        raise BadRecipe(
            f"--resume: {path} is continued with its critic; take the published config.yaml or the "
            "recipe alphagan-a6, with method.weight above 0"
        )
    state = method.state_dict()
    state["network"], state["generator"] = _restored(method.learner, content, path, GENERATOR)
    state["critic_weights"], state["critic"] = _restored(method.critic, content, path, CRITIC)
    if state["average"]:
        state["average"] |= {f"module.{key}": value for key, value in state["network"].items()}
    try:
        method.load_state_dict(state)
    except (RuntimeError, ValueError, KeyError) as error:
        first = " ".join(str(error).split())[:200]
        raise BadWeights(f"--resume: {path} does not fit the recipe: {first}") from error
    run.state.step = method.learner.updates
    epochs = run.state.step / run.length.epoch
    remarks = [
        f"continued from the published checkpoint {path}: step {run.state.step}, its epoch "
        f"{content['epoch']}; the order of the pictures is another one, and its best score, a sum "
        "of VGG distances, is forgotten"
    ]
    if abs(epochs - content["epoch"]) > 1:
        remarks.append(
            f"there epoch {content['epoch']} is step {run.state.step}, here epoch {epochs:.2f}: "
            "batch or table of pairs are not those of the published run"
        )
    if method.config.critic.trimap != "published":
        remarks.append(
            "the published critic saw the unknown region as 128/255: method.critic.trimap=published"
        )
    return remarks


def _restored(
    trained: TrainedModule, content: Mapping[str, Any], path: Path, entries: tuple[str, ...]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Weights under our names, and the state of their optimiser."""
    kind, weights, moments, schedule = entries
    names = published_keys(trained.module)
    ours = [names.get(key.removeprefix("module."), "") for key in content[weights]]
    state = trained.state_dict() | {
        "optimiser": with_moments(trained.optimiser, trained.module, ours, content[moments], path),
        "updates": int(content[schedule]["last_epoch"]),
    }
    return import_checkpoint(kind, path).tensors, state


def with_moments(
    optimiser: optim.Optimizer,
    module: nn.Module,
    published_order: list[str],
    moments: Mapping[str, Any],
    path: Path,
) -> dict[str, Any]:
    """Our optimiser's state with the published moments; its rates and decays stay the recipe's."""
    weights = dict(module.named_parameters())
    numbers = {name: n for n, name in enumerate(key for key in published_order if key in weights)}
    name_of = {weight: name for name, weight in weights.items()}
    order = [name_of[weight] for group in optimiser.param_groups for weight in group["params"]]
    found = {}
    for number, name in enumerate(order):
        own = moments["state"].get(numbers.get(name), {})
        if own and own["exp_avg"].shape != weights[name].shape:
            raise BadWeights(f"--resume: the moments of {name} in {path} are not of its shape")
        if own:
            found[number] = own
    return optimiser.state_dict() | {"state": found}
