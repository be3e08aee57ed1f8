"""KNN matting (Chen et al. 2013) over pymatting: pixels of like colour have like alpha, anywhere.

Neighbours come from the whole picture, so it cannot be solved in parts: what does not fit the
memory is refused.
"""

import numpy as np

from mattekit.classical.compiling import set_up
from mattekit.classical.result import ClassicalResult, known_alpha
from mattekit.core.errors import BadTrimap, TooLarge
from mattekit.core.types import Plane, Trimap
from mattekit.imaging.picture import to_float
from mattekit.imaging.trimap import check_trimap, paste_known

DEFAULT_MEMORY = 4 * 2**30
BASE_MEMORY = 250 * 2**20  # the process with its libraries
BYTES_PER_PIXEL = 3_700  # measured: thirty neighbours of every pixel, in both directions


def knn(image: Plane, trimap: Trimap, *, max_memory: int = DEFAULT_MEMORY) -> ClassicalResult:
    """Alpha where the trimap is unknown, from the pixels nearest in colour and place."""
    remarks = check_trimap(trimap, (image.shape[0], image.shape[1]))
    if remarks:
        return ClassicalResult(alpha=known_alpha(trimap), warnings=list(remarks))
    check_trimap(trimap, trimap.shape, needs_both=True)
    needed = BASE_MEMORY + BYTES_PER_PIXEL * trimap.size
    if needed > max_memory:
        raise TooLarge(
            f"KNN needs about {needed / 2**30:.1f} GB for {trimap.size / 1e6:.1f} megapixels and "
            f"may take {max_memory / 2**30:.1f}; raise --max-memory or take --model closed-form"
        )
    set_up()
    from pymatting.alpha.estimate_alpha_knn import estimate_alpha_knn

    labels = known_alpha(trimap).astype(np.float64)
    try:
        alpha = estimate_alpha_knn(to_float(image).astype(np.float64), labels)
    except ValueError as error:
        raise BadTrimap(
            "the KNN equations of this picture and trimap did not converge; "
            "take --model closed-form or mark more pixels as known"
        ) from error
    return ClassicalResult(alpha=paste_known(alpha.astype(np.float32), trimap))
