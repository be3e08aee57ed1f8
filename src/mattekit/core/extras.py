"""Optional dependencies: which extra installs which package."""

from importlib import import_module
from types import ModuleType

from mattekit.core.errors import MissingExtra

EXTRAS: dict[str, tuple[str, ...]] = {
    "torch": ("torch", "torchvision", "timm", "safetensors", "jaxtyping", "onnx"),
    "train": ("lightning_fabric", "pydantic", "yaml", "tensorboard", "matplotlib"),
    "serve": ("fastapi", "uvicorn", "multipart"),
    "client": ("httpx",),
    "export": ("onnxscript",),
    "exr": ("OpenEXR",),
    "parquet": ("pyarrow",),
    "cloud": ("fsspec", "s3fs"),
    "gs": ("gcsfs",),
    "az": ("adlfs",),
    "ray": ("ray",),
    "hub": ("huggingface_hub",),
    "wandb": ("wandb",),
    "mlflow": ("mlflow", "sqlalchemy", "alembic"),
    "psd": ("psd_tools",),
    "video": ("av",),
}
"""Extra -> the modules it installs."""
DISTRIBUTIONS = {
    "lightning_fabric": "lightning-fabric", "yaml": "PyYAML", "multipart": "python-multipart",
    "mlflow": "mlflow-skinny", "sqlalchemy": "SQLAlchemy", "psd_tools": "psd-tools",
}  # fmt: skip
"""Module -> the name of its distribution, where the two differ."""


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
