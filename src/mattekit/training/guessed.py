"""Training a network on the guess of another one instead of the truth.

SampleNet's foreground network works on a guessed background once it is in use; trained on the true
one alone it would rely on it too much.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from mattekit.core.errors import BadRecipe
from mattekit.core.tensors import Batch
from mattekit.core.types import Sample
from mattekit.inference.strategies import StrategyConfig
from mattekit.training.validation import predicted_planes, predictor_of

NO_BACKGROUND = (
    "guessed_background: that network guesses no background; name one of samplenet's part "
    "background"
)


class GuessedBackground:
    """Batches and samples with the guess of a trained network, which stays as it is, as their
    background."""

    def __init__(
        self, network: nn.Module, device: torch.device, strategy: StrategyConfig | None = None
    ) -> None:
        """`strategy` is how the network goes over a sample, which may be of any size."""
        self.network = network.eval().requires_grad_(False).to(device)
        self.predictor = predictor_of(network, device, strategy)

    def __call__(self, batch: Batch) -> Batch:
        network: Any = self.network
        with torch.no_grad():
            guess = network(batch.image, batch.trimap if network.needs_trimap else None).background
        if guess is None:
            raise BadRecipe(NO_BACKGROUND)
        return replace(batch, background=guess)

    def of_sample(self, sample: Sample, rng: np.random.Generator) -> Sample:
        """A step in the preparation of what is measured, so that it is as what is learned."""
        planes = predicted_planes(self.predictor, sample, {"alpha", "background"})
        if "background" not in planes:
            raise BadRecipe(NO_BACKGROUND)
        return replace(sample, background=planes["background"])
