"""Augmentation steps that change a sample before it joins a batch.

`StepConfig` is the list of them. A step is a frozen config, called with a sample and a
generator that makes all random choices. A recipe lists steps in `data.before_crop` and
`data.after_crop`; the crop itself is `data.crop`.
"""

from mattekit.data.augmentation import camera, colour, estimates, geometry, prompts, rssn, trimaps

StepConfig = (
    geometry.FlipConfig
    | geometry.RotateConfig
    | geometry.ScaleConfig
    | geometry.ShrinkToShowBackgroundConfig
    | colour.ColourConfig
    | rssn.RssnConfig
    | trimaps.BandTrimapConfig
    | trimaps.LegacyTrimapConfig
    | trimaps.EllipseTrimapConfig
    | trimaps.ShiftedTrimapConfig
    | trimaps.DrawnTrimapConfig
    | camera.ResampleConfig
    | camera.JpegConfig
    | camera.CameraConfig
    | estimates.EstimatesConfig
    | prompts.PromptsConfig
)

__all__ = ["StepConfig"]
