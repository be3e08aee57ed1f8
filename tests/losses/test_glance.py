"""GFM's targets on a hand-drawn alpha, and its cross-entropy."""

import pytest
import torch

from mattekit.core.errors import BadArgument
from mattekit.core.tensors import Batch, Prediction
from mattekit.losses.gfm import GlanceCrossEntropyConfig, focus_target, glance_target
from mattekit.networks.gfm import fusion

#        background  unknown: empty, thin, dense, full  foreground
ALPHA = torch.tensor([0.0, 0.0, 0.25, 0.75, 1.0, 1.0]).view(1, 1, 1, 6)
TRIMAP = torch.tensor([0.0, 0.5, 0.5, 0.5, 0.5, 1.0]).view(1, 1, 1, 6)
GLANCE = {"TT": [0, 1, 1, 1, 1, 2], "FT": [0, 0, 0, 0, 0, 1], "BT": [0, 1, 1, 1, 1, 1]}
FOCUS = {
    "TT": [0, 0, 0.25, 0.75, 1, 1],
    "FT": [0, 0, 0.25, 0.75, 1, 0],
    "BT": [0, 1, 0.75, 0.25, 0, 0],
}
BATCH = Batch(image=torch.zeros(1, 3, 1, 6), alpha=ALPHA, trimap=TRIMAP)


@pytest.mark.parametrize("name", GLANCE)
def test_the_targets_of_a_representation_are_these(name) -> None:
    assert glance_target(name, TRIMAP).flatten().tolist() == GLANCE[name]
    assert focus_target(name, ALPHA, TRIMAP).flatten().tolist() == FOCUS[name]


@pytest.mark.parametrize("name", GLANCE)
def test_perfect_glance_and_focus_fuse_to_alpha(name) -> None:
    glance = glance_target(name, TRIMAP)[:, None].float()
    assert torch.equal(fusion(name, glance, focus_target(name, ALPHA, TRIMAP)), ALPHA)


def prediction(classes: int, certainty: float) -> Prediction:
    name = "TT" if classes == 3 else "FT"
    target = torch.nn.functional.one_hot(glance_target(name, TRIMAP), classes).movedim(-1, 1)
    logits = certainty * (2 * target.float() - 1)
    return Prediction(alpha=ALPHA, focus=ALPHA, glance_logits=logits)


@pytest.mark.parametrize(("rosta", "classes", "floor"), [("TT", 3, 0.551445), ("FT", 2, 0.313262)])
def test_softmax_of_sigmoids_never_falls_below_the_published_floor(rosta, classes, floor) -> None:
    certain = prediction(classes, 80)
    assert GlanceCrossEntropyConfig(rosta=rosta)(certain, BATCH).value().item() < 1e-6
    legacy = GlanceCrossEntropyConfig(rosta=rosta, legacy=True)(certain, BATCH)
    assert legacy.value().item() == pytest.approx(floor, abs=1e-6)


def test_an_undecided_glance_costs_the_logarithm_of_its_classes() -> None:
    loss = GlanceCrossEntropyConfig()(prediction(3, 0), BATCH)
    assert loss.value().item() == pytest.approx(1.0986123)


@pytest.mark.parametrize("rosta", ["FT", "RIM"])
def test_a_loss_for_another_rosta_than_the_network_is_refused(rosta) -> None:
    with pytest.raises(BadArgument, match=rf"rosta={rosta}.*predicts \[3\]"):
        GlanceCrossEntropyConfig(rosta=rosta)(prediction(3, 1), BATCH)
