"""The one place that imports ONNX Runtime: its telemetry is switched off before.

ONNX Runtime reads `ORT_DISABLE_TELEMETRY` when it is imported; a later call comes too late.
"""

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mattekit.core.errors import BadWeights

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

NO_WARNINGS = 3


def open_session(path: Path, *, threads: int = 0) -> "InferenceSession":
    """The network of an .onnx file, on the CPU; `threads` 0 is one a core."""
    runtime = onnxruntime()
    failures = runtime.capi.onnxruntime_pybind11_state
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = NO_WARNINGS
    unreadable = (
        failures.Fail,
        failures.InvalidGraph,
        failures.InvalidProtobuf,
        failures.NoSuchFile,
        failures.NotImplemented,
    )
    try:
        session: InferenceSession = runtime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )
    except unreadable as error:
        raise BadWeights(f"{path} cannot be run as an ONNX network ({error})") from error
    return session


@cache
def onnxruntime() -> Any:
    """ONNX Runtime, imported with its telemetry off."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    return onnxruntime
