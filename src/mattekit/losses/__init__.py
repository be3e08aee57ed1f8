"""Losses: configs that are called with a prediction and the true planes.

`LossConfig` is their union; a recipe has a list of them and uses their weighted sum. Region,
divisor and epsilon are fields. What a critic is judged by: `training.adversarial`.
"""

from mattekit.losses.alpha import (
    AlphaL1Config,
    AlphaL2Config,
    ExpectedErrorConfig,
    GradientL1Config,
    GradientMagnitudeConfig,
)
from mattekit.losses.colours import CompositionL1Config, SamplingL1Config
from mattekit.losses.gfm import FocusL1Config, FocusPyramidConfig, GlanceCrossEntropyConfig
from mattekit.losses.laplacian import LaplacianL1Config, LaplacianPyramidConfig
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
