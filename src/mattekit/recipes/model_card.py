"""What a checkpoint holds beside the state of the run: weights, recipe, and a page about them."""

from dataclasses import dataclass
from pathlib import Path

from mattekit.data import Source, public_test_set
from mattekit.models.files import WEIGHTS
from mattekit.networks import weights
from mattekit.recipes.recipe import Recipe, dump_recipe
from mattekit.training.checkpoints import Writers
from mattekit.training.run import Run

CARD = """# {title}

Network `{network}`, {parameters:,} parameters, after step {step:,} of {steps:,}.

## Trained on
{data}

## Measured
{scores}

## To repeat
```
{command}
```

## Notes
{notes}

## Recipe
```yaml
{recipe}
```
"""


@dataclass(frozen=True, kw_only=True)
class Description:
    """What weights say of themselves: what was learned, from what, how well, how to do it again."""

    recipe: Recipe
    source: Source
    title: str
    command: str
    notes: list[str]

    def files(self, run: Run) -> Writers:
        """Weights, recipe and model card of the network as it is now."""
        recipe, card = dump_recipe(self.recipe), self.card(run)
        return {
            WEIGHTS: lambda path: self._write_weights(path, run),
            "recipe.yaml": lambda path: path.write_text(recipe, "utf-8"),
            "model_card.md": lambda path: path.write_text(card, "utf-8"),
        }

    def card(self, run: Run) -> str:
        """The page, as Markdown."""
        data = f"- training: {self.recipe.data.train}. Licence: {self.source.licence}"
        if run.validator is not None:
            licence = run.validator.source.licence
            data += f"\n- validation: {self.recipe.data.valid}. Licence: {licence}"
        return CARD.format(
            title=self.title,
            network=self.recipe.network.name,
            parameters=sum(weight.numel() for weight in run.method.network.parameters()),
            step=run.state.step,
            steps=run.length.total,
            data=data,
            scores=self._scores(run),
            command=self.command,
            notes="\n".join(f"- {note}" for note in self.notes),
            recipe=dump_recipe(self.recipe).rstrip(),
        )

    def _scores(self, run: Run) -> str:
        if run.validator is None or not run.scores:
            return "Not measured yet."
        rows = "\n".join(f"| {name} | {value:.5g} |" for name, value in run.scores.items())
        protocol = self.recipe.validate.protocol
        return (
            f"Means of {run.validator.count} validation samples, protocol `{protocol}`.\n\n"
            f"| metric | value |\n|---|---|\n{rows}"
        )

    def _write_weights(self, path: Path, run: Run) -> None:
        """The network as it would be used now, in a file that says what it is."""
        header = weights.describe(
            self.recipe.network_at(run.state.stage),
            run.method.network,
            source=self.command,
            training_data=str(self.recipe.data.train),
            licence=f"as of the training data: {self.source.licence}",
            test_overlap=public_test_set(self.source) or "not known",
        )
        weights.save(path, run.method.network.state_dict(), header)
