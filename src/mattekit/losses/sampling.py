"""Difference of estimated colours (SampleNet's background and foreground networks)."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor

from mattekit.core.config import config
from mattekit.core.errors import BadArgument, BadData
from mattekit.core.tensors import Batch, Prediction
from mattekit.losses.composition import Channels, colour_l1
from mattekit.losses.region import DivideBy, Terms, Where

Guesses = tuple[Float[Tensor, "b 3 h w"] | None, ...]


@config
class SamplingL1Config:
    """Absolute difference of the estimated colours, summed over coarse and refined ones."""

    name: Literal["sampling_l1"] = "sampling_l1"
    weight: float = 1.0
    plane: Literal["background", "foreground"] = "background"
    """Whose colours."""
    region: Where = "unknown"
    divide_by: DivideBy = "region"
    channels: Channels = "mean"
    """Red, green and blue are averaged or summed."""
    epsilon: float = 0.0
    """Smooths |x| at zero."""

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        true = batch.background if self.plane == "background" else batch.foreground
        if true is None:
            raise BadData(
                f"sampling_l1 needs the true {self.plane}, but the data has none; "
                "choose other data, or leave this loss out"
            )
        losses = [
            colour_l1(
                guess,
                true,
                batch.trimap,
                region=self.region,
                divide_by=self.divide_by,
                channels=self.channels,
                epsilon=self.epsilon,
            )
            for guess in self._guesses(prediction)
            if guess is not None
        ]
        if not losses:
            raise BadArgument(
                f"sampling_l1 has plane={self.plane}, but the network predicts none; "
                "use it with samplenet"
            )
        return Terms.joined(losses)

    def _guesses(self, prediction: Prediction) -> Guesses:
        if self.plane == "background":
            return prediction.coarse_background, prediction.background
        return prediction.coarse_foreground, prediction.foreground
