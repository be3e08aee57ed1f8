"""The main job on the bundled photographs: `make demo`. Needs the base install alone.

Writes, for each photo, the cut-out with transparency, its alpha, a preview, and the subject on a
new background into demo-output/.
"""

import time
from pathlib import Path

import numpy as np

import mattekit
from mattekit.cutouts.preview import preview
from mattekit.imaging.files import write_alpha

PHOTOS = Path(__file__).parent / "photos"
OUTPUT = Path("demo-output")


def cut_out(photo: Path) -> list[Path]:
    """Write the four pictures of a photo; their paths."""
    cut = mattekit.cutout(photo, trimap=photo.with_name(f"{photo.stem}-trimap.png"))
    background = mattekit.synthetic.background_picture(np.random.default_rng(8), cut.alpha.shape)
    rgba, alpha, shown, composite = (
        OUTPUT / f"{photo.stem}{ending}"
        for ending in (".png", "-alpha.png", "-preview.jpg", "-on-background.png")
    )
    cut.save(rgba)
    write_alpha(alpha, cut.alpha)
    mattekit.write_image(shown, preview(mattekit.read_image(photo), cut))
    mattekit.write_image(composite, cut.on(background))
    return [rgba, alpha, shown, composite]


def main() -> None:
    for name in ("astronaut.jpg", "cat.png"):
        start = time.perf_counter()
        written = cut_out(PHOTOS / name)
        print(f"{name}: {time.perf_counter() - start:.1f} s")
        print("".join(f"  {path}\n" for path in written), end="")


if __name__ == "__main__":
    main()
