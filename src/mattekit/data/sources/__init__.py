"""Sources of samples: `SourceConfig` is the list of configs, and each opens to a source."""

from mattekit.data.sources import (
    adobe,
    compact_scenes,
    folders,
    lists,
    photo_masks,
    shards,
    synthetic,
)

SourceConfig = (
    synthetic.SyntheticConfig
    | compact_scenes.CompactScenesConfig
    | folders.RgbaFolderConfig
    | shards.ShardsConfig
    | adobe.AdobeConfig
    | adobe.Composition1kConfig
    | lists.ListedCompositesConfig
    | folders.CompositesConfig
    | folders.Aim500Config
    | folders.Am2kConfig
    | lists.PictureListConfig
    | lists.SampleNetTrainConfig
    | folders.AlphamattingConfig
    | photo_masks.PhotoMasksConfig
)

__all__ = ["SourceConfig"]
