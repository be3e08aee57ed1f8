"""ONNX Runtime, imported here and nowhere else, so that its telemetry is off wherever it runs.

Official builds collect usage data on by default and keep an identifier in the home folder. The
environment variable turns that off only if it is set before the import.
"""

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as failures

from mattekit.core.errors import BadWeights

ERRORS_ONLY = 3
UNREADABLE = (
    failures.Fail,
    failures.InvalidGraph,
    failures.InvalidProtobuf,
    failures.NoSuchFile,
    failures.NotImplemented,
)


Session = Any
"""An opened file; ONNX Runtime states no types."""


def open_session(path: Path, *, threads: int = 0) -> Session:
    """An ONNX file, ready to run on the CPU; `threads` 0 means one for each core."""
    if not path.is_file():
        raise BadWeights(f"there is no file {path}; give the path of an .onnx file")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = ERRORS_ONLY
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except UNREADABLE as error:
        raise BadWeights(f"{path} cannot be run as an ONNX network ({error})") from error
