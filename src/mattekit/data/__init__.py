"""Samples: their sources, augmentation, and batches.

`SourceConfig` is the list of sources; each config opens to a `Source`. Only
`data.loader`, which makes batches of tensors, imports torch.
"""

from mattekit.data.source import PartialSource, Source, public_test_set
from mattekit.data.sources.adobe import AdobeConfig, Composition1kConfig
from mattekit.data.sources.compact_scenes import CompactScenesConfig
from mattekit.data.sources.composites import CompositesConfig, ListedCompositesConfig
from mattekit.data.sources.lists import PictureListConfig, SampleNetTrainConfig
from mattekit.data.sources.photo_masks import PhotoMasksConfig
from mattekit.data.sources.photographs import Aim500Config, AlphamattingConfig, Am2kConfig
from mattekit.data.sources.rgba_folder import RgbaFolderConfig
from mattekit.data.sources.shards import ShardsConfig
from mattekit.data.sources.synthetic import SyntheticConfig

SourceConfig = (
    SyntheticConfig
    | CompactScenesConfig
    | RgbaFolderConfig
    | ShardsConfig
    | AdobeConfig
    | Composition1kConfig
    | ListedCompositesConfig
    | CompositesConfig
    | Aim500Config
    | Am2kConfig
    | PictureListConfig
    | SampleNetTrainConfig
    | AlphamattingConfig
    | PhotoMasksConfig
)

__all__ = ["PartialSource", "Source", "SourceConfig", "public_test_set"]
