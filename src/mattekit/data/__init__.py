"""Samples: their sources, augmentation, and batches.

Only `data.loader`, which makes batches of tensors, imports torch.
"""

from mattekit.data.source import PartialSource, Source, public_test_set
from mattekit.data.sources import SourceConfig

__all__ = ["PartialSource", "Source", "SourceConfig", "public_test_set"]
