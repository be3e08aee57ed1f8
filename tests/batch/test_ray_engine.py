"""Ray gives the results of one machine, though a photo kills its process and a node goes away."""

import signal
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mattekit.batch.runner import Item, ItemResult, Outcome, plan_items
from mattekit.batch.tars import Sample, tar_item

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
    """A stand-in for a model, which some photos kill."""
    time.sleep(0.2)
    if photo.stem in ("3", "t3"):
        signal.raise_signal(signal.SIGKILL)
    out.parent.mkdir(exist_ok=True)
    out.write_bytes(photo.read_bytes())
    return Outcome(outputs=[out], model="stand-in")


def packed_work(sample: Sample, folder: Path) -> Item:
    """The same on a photo in a tar."""
    out = folder / f"{sample.photo.stem}.png"
    return Item(path=sample.photo, work=partial(work, sample.photo, out), outputs=(out,))


def test_a_cluster_that_loses_a_node_gives_every_result_once(cluster: Any, tmp_path: Path) -> None:
    from batch.test_ray_engine import packed_work, work  # as the nodes import it

    from mattekit.batch.ray_engine import run_on_ray

    (tmp_path / "out").mkdir()
    items = []
    for number in range(COUNT):
        photo, out = tmp_path / f"{number}.png", tmp_path / "out" / f"{number}.png"
        photo.write_bytes(b"photo %d" % number)
        items.append(Item(path=photo, work=partial(work, photo, out), outputs=(out,)))
    (tmp_path / "out" / "5.png").write_text("there already")
    with tarfile.open(tmp_path / "t.tar", "w") as tar:
        for number in (1, 3, 4):
            tar.add(tmp_path / f"{number}.png", f"t{number}.png")
    items.append(tar_item(tmp_path / "t.tar", tmp_path / "out", packed_work))

    found: list[ItemResult] = []
    for result in run_on_ray(plan_items(items), address=cluster.address, checksums=True):
        found.append(result)
        if len(found) == 6:
            cluster.remove_node(cluster.second)
    names = [*map(str, range(COUNT)), "t1", "t3", "t4"]
    assert Counter(Path(one.input).stem for one in found) == Counter(names)
    failed = {Path(one.input).stem: one.error for one in found if one.status == "failed"}
    assert {*failed} == {"3", "5", "t3"}
    assert all("ended from outside twice" in (failed[name] or "") for name in ("3", "t3"))
    assert "exists; add --overwrite" in (failed["5"] or "")
    assert {one.model for one in found if one.status == "done"} == {"stand-in"}
    assert len([*(tmp_path / "out").iterdir()]) == COUNT  # with the tar, without the third
    assert all(one.sha256 for one in found if one.status == "done")
