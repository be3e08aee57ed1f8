"""Optional dependencies: which extra installs which package."""

from importlib import import_module
from types import ModuleType

from mattekit.core.errors import MissingExtra

EXTRAS = {
    "torch": {
        "torch": "torch",
        "torchvision": "torchvision",
        "timm": "timm",
        "safetensors": "safetensors",
        "jaxtyping": "jaxtyping",
        "onnx": "onnx",
    },
    "train": {
        "lightning_fabric": "lightning-fabric",
        "pydantic": "pydantic",
        "yaml": "PyYAML",
        "tensorboard": "tensorboard",
        "matplotlib": "matplotlib",
    },
    "serve": {
        "fastapi": "fastapi",
        "uvicorn": "uvicorn",
        "multipart": "python-multipart",
    },
    "client": {"httpx": "httpx"},
    "export": {"onnxscript": "onnxscript"},
    "exr": {"OpenEXR": "OpenEXR"},
    "parquet": {"pyarrow": "pyarrow"},
    "cloud": {"fsspec": "fsspec", "s3fs": "s3fs"},
    "gs": {"gcsfs": "gcsfs"},
    "az": {"adlfs": "adlfs"},
    "ray": {"ray": "ray"},
    "hub": {"huggingface_hub": "huggingface_hub"},
    "wandb": {"wandb": "wandb"},
    "mlflow": {"mlflow": "mlflow-skinny", "sqlalchemy": "SQLAlchemy", "alembic": "alembic"},
    "psd": {"psd_tools": "psd-tools"},
    "video": {"av": "av"},
}
"""Extra -> the modules it installs, each with the name of its distribution."""


def require(module: str, what: str) -> ModuleType:
    """Import a module; where an extra that it needs is missing, say how to install that.

    Args:
        module: a module of an extra, or one of mattekit that imports such modules.
        what: what needs it, the beginning of the error message.

    Raises:
        MissingExtra: the extra is not installed.

    >>> require("torch", "training").__name__
    'torch'
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        missing = missing_extra(error, what)
        if missing is None:
            raise
        raise missing from error


def missing_extra(error: ModuleNotFoundError, what: str) -> MissingExtra | None:
    """The error for a failed import, if an extra provides the module."""
    module = (error.name or "").partition(".")[0]
    for extra, modules in EXTRAS.items():
        if module in modules:
            return MissingExtra(f"{what} ({module})", extra)
    return None
