"""How often is a subject that is proposed without a hint the right one, at which trust?

    python benchmarks/propose_subject.py [--data DIR] [--count 40]

Right: intersection over union of at least 0.9 with the true subject (alpha above one half). On
scenes of kinds that are one object, and on the photographs of --data DIR (folders image/, alpha/).
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from mattekit.core.types import FOREGROUND, UNKNOWN, Alpha, Image, Trimap
from mattekit.imaging.files import read_alpha, read_image
from mattekit.subject.proposal import propose
from mattekit.synthetic.scene import scene

OBJECTS = ("hair", "fur", "blob", "hard")
THRESHOLDS = (0.0, 0.8, 0.85, 0.9, 0.95, 0.98)


def cases(count: int, size: int, data: Path | None) -> Iterator[tuple[str, Image, Alpha]]:
    if data is not None:
        for path in sorted((data / "image").iterdir()):
            yield "photo", read_image(path), read_alpha(data / "alpha" / path.name)
    for seed in range(count):
        picture = scene(5_000 + seed, size, kind=OBJECTS[seed % len(OBJECTS)])
        yield "scene", picture.image, picture.alpha


def overlap(trimap: Trimap, alpha: Alpha) -> float:
    """With the middle of the unknown band as the edge."""
    to_subject, to_rest = (
        cv2.distanceTransform((trimap != label).astype(np.uint8), cv2.DIST_L2, 3)
        for label in (FOREGROUND, 0)
    )
    found = np.where(trimap == UNKNOWN, to_subject < to_rest, trimap == FOREGROUND)
    true = alpha > 0.5
    return float((found & true).sum() / max((found | true).sum(), 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="eight small scenes")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--size", type=int, default=384)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    count, size = (8, 160) if options.quick else (options.count, options.size)
    found = []
    for group, image, alpha in cases(count, size, options.data):
        proposal = propose(image)
        found.append((group, proposal.trust, overlap(proposal.trimap, alpha)))
    print("| pictures | trust at least | proposed | of those right |\n|---|---|---|---|")
    for group in sorted({case[0] for case in found}):
        for least in THRESHOLDS:
            scores = [score for name, trust, score in found if name == group and trust >= least]
            right = np.mean([score >= 0.9 for score in scores]) if scores else float("nan")
            total = sum(name == group for name, _, _ in found)
            print(f"| {group} | {least} | {len(scores)} of {total} | {right:.0%} |")


if __name__ == "__main__":
    main()
