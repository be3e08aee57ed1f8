"""Published data sets made ready: unpacked, labelled, composited, cleaned, checked."""

from mattekit.preparation.archives import unpack_archives
from mattekit.preparation.labels import prepare_labels

__all__ = ["prepare_labels", "unpack_archives"]
