"""alphamatting.com, the pictures whose alphas are public: {input,trimap,gt}_training_lowres."""

from pathlib import Path
from typing import Literal

from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.data.folders import Folder, has_subfolder, subfolder
from mattekit.data.matte_files import MatteFiles
from mattekit.data.planes import PlaneFiles, PlaneSource


@config
class AlphamattingConfig:
    """The 27 training pictures of alphamatting.com with one of their two trimaps."""

    name: Literal["alphamatting"] = "alphamatting"
    root: str
    """Folder with input_training_lowres, trimap_training_lowres and gt_training_lowres."""
    trimap: Literal[1, 2] = 1
    """1: the narrow trimaps; 2: the wide ones."""

    def open(self) -> PlaneSource:
        root = Path(self.root)
        if has_subfolder(root, "input_lowres") and not has_subfolder(root, "gt_training_lowres"):
            raise BadData(
                f"{root} holds the test pictures, whose alphas are not public; "
                "mattekit predict --alphamatting writes what the site asks for"
            )
        images = Folder(subfolder(root, "input_training_lowres")).pictures
        alphas = Folder(subfolder(root, "gt_training_lowres")).partners(images)
        trimaps = subfolder(subfolder(root, "trimap_training_lowres"), f"Trimap{self.trimap}")
        planes = zip(images, alphas, Folder(trimaps).partners(images), strict=True)
        return PlaneSource(
            pictures=[PlaneFiles(each[0].stem, MatteFiles(*each)) for each in planes],
            band=(0, 0),
            licence="alphamatting.com: for research, by the terms of the site",
        )
