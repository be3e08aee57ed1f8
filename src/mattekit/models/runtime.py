"""The only module that imports ONNX Runtime, so that its telemetry is always off.

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
"""An opened model; ONNX Runtime has no type hints."""


def open_session(path: Path, *, threads: int = 0) -> Session:
    """An ONNX file, ready to run on the CPU.

    Args:
        threads: 0 is what OMP_NUM_THREADS says, else one for each core.
    """
    if not path.is_file():
        raise BadWeights(f"there is no file {path}; give the path of an .onnx file")
    options = onnxruntime.SessionOptions()
    configured = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    options.intra_op_num_threads = threads or (int(configured) if configured.isdigit() else 0)
    options.log_severity_level = ERRORS_ONLY
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except UNREADABLE as error:
        raise BadWeights(f"{path} cannot be run as an ONNX network ({error})") from error
