"""Training: one loop, several methods, checkpoints that resume exactly.

`MethodConfig` is the list of methods. A run is put together from a recipe in `mattekit.recipes`.
"""

from mattekit.training.adversarial import AdversarialConfig
from mattekit.training.staged import StagedConfig
from mattekit.training.supervised import SupervisedConfig

MethodConfig = SupervisedConfig | AdversarialConfig | StagedConfig

__all__ = ["MethodConfig"]
