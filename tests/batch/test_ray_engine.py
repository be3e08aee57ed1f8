"""Ray gives the results of one machine, though a photo kills its process and a node goes away."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mattekit.batch.runner import Item, ItemResult, Outcome, plan_items

ray = pytest.importorskip("ray")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
COUNT = 24


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two nodes with a processor each, on this machine."""
    from ray.cluster_utils import Cluster

    roots = [Path(__file__).parents[1], Path(__file__).parents[2] / "src"]
    monkeypatch.setenv("PYTHONPATH", ":".join(map(str, roots)))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    node = {"num_cpus": 1, "object_store_memory": 100 * 2**20}
    nodes = Cluster(
        initialize_head=True, head_node_args={**node, "include_dashboard": False}
    )  # fmt: skip
    nodes.second = nodes.add_node(**node)
    yield nodes
    ray.shutdown()
    nodes.shutdown()


def work(photo: Path, out: Path) -> Outcome:
    """A stand-in for a model, which one photo kills."""
    time.sleep(0.2)
    if photo.stem == "3":
        signal.raise_signal(signal.SIGKILL)
    out.write_bytes(photo.read_bytes())
    return Outcome(outputs=[out], model="stand-in")


def test_a_cluster_that_loses_a_node_gives_every_result_once(cluster: Any, tmp_path: Path) -> None:
    from batch.test_ray_engine import work  # as the nodes import it

    from mattekit.batch.ray_engine import run_on_ray

    (tmp_path / "out").mkdir()
    items = []
    for number in range(COUNT):
        photo, out = tmp_path / f"{number}.png", tmp_path / "out" / f"{number}.png"
        photo.write_bytes(b"photo %d" % number)
        items.append(Item(path=photo, work=partial(work, photo, out), outputs=(out,)))
    (tmp_path / "out" / "5.png").write_text("there already")

    found: list[ItemResult] = []
    for result in run_on_ray(plan_items(items), address=cluster.address, checksums=True):
        found.append(result)
        if len(found) == 6:
            cluster.remove_node(cluster.second)
    assert Counter(Path(one.input).stem for one in found) == Counter(map(str, range(COUNT)))
    failed = {Path(one.input).stem: one.error for one in found if one.status == "failed"}
    assert {*failed} == {"3", "5"}
    assert "ended from outside twice" in (failed["3"] or "")
    assert "exists; add --overwrite" in (failed["5"] or "")
    assert {one.model for one in found if one.status == "done"} == {"stand-in"}
    assert len([*(tmp_path / "out").iterdir()]) == COUNT - 1
    assert all(one.sha256 for one in found if one.status == "done")
