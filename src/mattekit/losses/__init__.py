"""Losses: configs that are called with a prediction and the true planes.

`LossConfig` is their union; a recipe has a list of them and uses their weighted sum. Each calls a
pure function with region, count and epsilon as arguments. The objectives
of adversarial training are functions of a critic's logits: `losses.adversarial`.
"""

from mattekit.losses.alpha import AlphaL1Config, AlphaL2Config
from mattekit.losses.composition import CompositionL1Config
from mattekit.losses.confidence import ExpectedErrorConfig
from mattekit.losses.focus import FocusL1Config, FocusPyramidConfig
from mattekit.losses.glance import GlanceCrossEntropyConfig
from mattekit.losses.gradient import GradientL1Config, GradientMagnitudeConfig
from mattekit.losses.laplacian import LaplacianL1Config, LaplacianPyramidConfig
from mattekit.losses.sampling import SamplingL1Config
from mattekit.losses.subject import MaskCrossEntropyConfig, SingleSubjectConfig, SoftIouConfig

LossConfig = (
    AlphaL1Config
    | AlphaL2Config
    | CompositionL1Config
    | LaplacianPyramidConfig
    | LaplacianL1Config
    | GradientL1Config
    | GradientMagnitudeConfig
    | GlanceCrossEntropyConfig
    | FocusL1Config
    | FocusPyramidConfig
    | SamplingL1Config
    | ExpectedErrorConfig
    | MaskCrossEntropyConfig
    | SoftIouConfig
    | SingleSubjectConfig
)

__all__ = ["LossConfig"]
