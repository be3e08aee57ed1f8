"""An exported network, computed by ONNX Runtime; no torch.

Name, stride and strategies are in the file's metadata, written by `export_onnx`.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from mattekit.classical.estimates import CHANNELS_1
from mattekit.core.errors import BadWeights
from mattekit.core.types import Alpha, Plane
from mattekit.inference.inputs import Batches
from mattekit.models.files import OURS
from mattekit.models.registry import Terms
from mattekit.models.runtime import Session, open_session


class OnnxNetwork:
    """A network in an .onnx file."""

    terms: Terms | None = None

    def __init__(self, path: Path, session: Session | None = None) -> None:
        """`session` is the opened file, where it is open already."""
        self.session = session or open_session(path)
        text = self.session.get_modelmeta().custom_metadata_map.get(OURS)
        if text is None:
            raise BadWeights(
                f"{path} was not made by `mattekit export`: it does not say what goes in and out"
            )
        header = json.loads(text)
        self.name: str = header["name"]
        self.stride: int = header["stride"]
        self.needs_trimap: bool = header["needs_trimap"]
        self.strategies: tuple[str, ...] = tuple(header["strategies"])
        self.estimates: tuple[str, ...] = tuple(header.get("estimates", CHANNELS_1))
        self.inputs = [value.name for value in self.session.get_inputs()]
        self.extra_planes = tuple(set(self.inputs) - {"image", "trimap"})
        self.outputs = [value.name for value in self.session.get_outputs()]

    def run(self, planes: Batches) -> Batches:
        """Every plane that the network predicts."""
        given = {name: planes[name] for name in self.inputs}
        return dict(zip(self.outputs, self.session.run(self.outputs, given), strict=True))

    def global_statistics_from(self, planes: Callable[[], Batches]) -> AbstractContextManager[None]:
        """An exported network has no statistics that could be fixed."""
        return nullcontext()

    def fuse(self, glance: Plane, focus: Plane) -> Alpha:
        """Exported networks fuse inside; `hybrid` is not among their strategies."""
        raise BadWeights(f"{self.name} was exported with its fusion inside; use whole or resize")
