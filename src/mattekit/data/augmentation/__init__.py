"""Augmentation steps that change a sample before it joins a batch.

`StepConfig` is the list of them. A step is a frozen config, called with a sample and a
generator that makes all random choices. A recipe lists steps in `data.before_crop` and
`data.after_crop`; the crop itself is `data.crop`.
"""

from mattekit.data.augmentation.artefacts import JpegConfig, ResampleConfig
from mattekit.data.augmentation.camera import CameraConfig
from mattekit.data.augmentation.colour import ColourConfig
from mattekit.data.augmentation.estimates import EstimatesConfig
from mattekit.data.augmentation.geometry import (
    FlipConfig,
    RotateConfig,
    ScaleConfig,
    ShrinkToShowBackgroundConfig,
)
from mattekit.data.augmentation.prompts import PromptsConfig
from mattekit.data.augmentation.rssn import RssnConfig
from mattekit.data.augmentation.trimaps import (
    BandTrimapConfig,
    DrawnTrimapConfig,
    EllipseTrimapConfig,
    LegacyTrimapConfig,
    ShiftedTrimapConfig,
)

StepConfig = (
    FlipConfig
    | RotateConfig
    | ScaleConfig
    | ShrinkToShowBackgroundConfig
    | ColourConfig
    | RssnConfig
    | BandTrimapConfig
    | LegacyTrimapConfig
    | EllipseTrimapConfig
    | ShiftedTrimapConfig
    | DrawnTrimapConfig
    | ResampleConfig
    | JpegConfig
    | CameraConfig
    | EstimatesConfig
    | PromptsConfig
)

__all__ = ["StepConfig"]
