"""How long a recipe runs, in steps and in epochs."""

from mattekit.core.errors import MattekitError
from mattekit.recipes.recipe import Recipe


def in_words(recipe: Recipe) -> str:
    """The length in both units, or why the number of samples cannot be told here."""
    try:
        samples = len(recipe.data.train.open())
    except MattekitError as error:
        return f"the data cannot be opened here, so steps and epochs cannot be compared: {error}"
    epoch = samples / recipe.batch
    steps = recipe.steps(epoch)
    return (
        f"length: {steps:,} steps = {steps / epoch:.6g} epochs of {samples:,} samples, "
        f"{recipe.batch} a step"
    )
