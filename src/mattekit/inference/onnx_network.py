"""An exported network as inference sees it, computed by ONNX Runtime. No torch.

Name, stride and strategies stand in the file's metadata, written by `export_onnx`.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as failures

from mattekit.core.errors import BadWeights
from mattekit.core.types import Alpha, Plane
from mattekit.inference.inputs import Batches

METADATA = "mattekit"
"""Key of the JSON text in the file's metadata."""

NO_WARNINGS = 3

UNREADABLE = (
    failures.Fail,
    failures.InvalidGraph,
    failures.InvalidProtobuf,
    failures.NoSuchFile,
    failures.NotImplemented,
)


class OnnxNetwork:
    """A network in an .onnx file."""

    def __init__(self, path: Path, *, threads: int = 0) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads  # 0: as many as there are cores
        options.log_severity_level = NO_WARNINGS
        try:
            self.session = onnxruntime.InferenceSession(
                path, options, providers=["CPUExecutionProvider"]
            )
        except UNREADABLE as error:
            raise BadWeights(f"{path} cannot be run as an ONNX network ({error})") from error
        text = self.session.get_modelmeta().custom_metadata_map.get(METADATA)
        if text is None:
            raise BadWeights(
                f"{path} was not made by `mattekit export`: it does not say what goes in and out"
            )
        self.header = json.loads(text)
        self.name: str = self.header["name"]
        self.stride: int = self.header["stride"]
        self.needs_trimap: bool = self.header["needs_trimap"]
        self.strategies: tuple[str, ...] = tuple(self.header["strategies"])
        self.inputs = [value.name for value in self.session.get_inputs()]
        self.extra_planes = tuple(set(self.inputs) - {"image", "trimap"})
        self.outputs = [value.name for value in self.session.get_outputs()]

    def run(self, planes: Batches) -> Batches:
        """Every plane that the network predicts."""
        given = {name: planes[name] for name in self.inputs}
        return dict(zip(self.outputs, self.session.run(self.outputs, given), strict=True))

    def looking_at(self, planes: Callable[[], Batches]) -> AbstractContextManager[None]:
        """An exported network has nothing that could be held."""
        return nullcontext()

    def fuse(self, glance_logits: Plane, focus: Plane) -> Alpha:
        """Exported networks fuse inside; `hybrid` is not among their strategies."""
        raise BadWeights(f"{self.name} was exported with its fusion inside; use whole or resize")
