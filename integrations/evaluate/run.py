"""The step of the action: `mattekit evaluate` with the inputs, the summary, the limits."""

import json
import os
import subprocess
import sys
from pathlib import Path

from mattekit.metrics import METRICS

OPTIONS = {
    "PREDICTED": "--predicted",
    "TRUTH": "--true",  # YAML reads a key 'true' as no word
    "TRIMAP": "--trimap",
    "PROTOCOL": "--protocol",
    "METRICS": "--metrics",
    "AGAINST": "--against",
}


def main() -> int:
    given = {name: os.environ.get(name, "") for name in (*OPTIONS, "LIMITS", "OUTPUT")}
    folder = Path(given["OUTPUT"])
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "mattekit", "evaluate", "--overwrite"]
    for file in ("report.html", "numbers.json"):
        command += ["-o", str(folder / file)]
    for name, option in OPTIONS.items():
        command += [option, given[name]] if given[name] else []
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    say(run.stdout)
    if run.returncode:
        return run.returncode
    means = json.loads((folder / "numbers.json").read_text("utf-8"))["means"]
    passed = [text for limit in given["LIMITS"].split(",") if (text := excess(limit, means))]
    say("".join(f"- {text}\n" for text in passed))
    return 1 if passed else 0


def say(text: str) -> None:
    """Into the log and the summary of the job."""
    print(text, end="")
    with open(os.environ["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as summary:
        summary.write(text)


def excess(limit: str, means: dict[str, float]) -> str | None:
    """What to say where a mean passes its limit, written as `sad=10`."""
    if not limit.strip():
        return None
    name, _, number = (word.strip() for word in limit.partition("="))
    if name not in means:
        sys.exit(f"limits: '{name}' was not measured; measured were {', '.join(means)}")
    try:
        bound = float(number)
    except ValueError:
        sys.exit(f"limits: '{limit.strip()}' is no NAME=NUMBER")
    higher = name in METRICS and METRICS[name].higher_is_better
    if means[name] >= bound if higher else means[name] <= bound:
        return None
    return f"{name} is {means[name]:.4g}, {'below' if higher else 'above'} its limit {bound:g}"


if __name__ == "__main__":
    sys.exit(main())
