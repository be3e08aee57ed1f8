"""Training recipes: `list` those that come with mattekit, `show` one with every value filled in."""

import typer

from mattekit.cli.train import Overrides, RecipeName


def list_recipes() -> None:
    """The recipes that come with mattekit."""
    from mattekit.recipes.recipe import describe, find, names

    width = max(len(name) for name in names())
    for name in names():
        typer.echo(f"{name:<{width}}  {describe(find(name))}")


def show(recipe: RecipeName, overrides: Overrides = None) -> None:
    """One recipe as YAML, checked, with every default filled in."""
    from mattekit.recipes.recipe import (
        describe_length,
        dump_recipe,
        find,
        load_recipe,
        presets,
    )

    path = find(recipe)
    wanted = load_recipe(path, overrides or [], keep_unset=True)
    typer.echo(dump_recipe(wanted), nl=False)
    further = [f"preset={name} sets other values" for name in presets(path)]
    for line in [describe_length(wanted), *wanted.check(), *further]:
        typer.echo(f"# {line}")


run = {"list": list_recipes, "show": show}
