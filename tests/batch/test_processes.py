"""Work spread over processes."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mattekit.batch import processes
from mattekit.batch.processes import Limits, Worker, run_on_processes, spread
from mattekit.core import system
from mattekit.core.errors import BadImage
from mattekit.imaging.files import read_image
from mattekit.imaging.resize import fit_within


def test_one_process_works_here_and_only_as_far_as_it_is_asked() -> None:
    begun: list[int] = []
    results = run_on_processes(lambda item: begun.append(item) or 10 * item, [1, 2, 3], 1)
    assert next(results) == 10
    assert begun == [1]


@pytest.mark.slow
def test_several_processes_give_the_result_of_every_item() -> None:
    work = partial(fit_within, longest=10)
    found = list(run_on_processes(work, [(20, 20), (40, 10), (5, 5)], 2))
    assert sorted(found) == [(5, 5), (10, 2), (10, 10)]


@pytest.mark.slow
def test_an_error_in_another_process_is_raised_here() -> None:
    with pytest.raises(BadImage, match="does not exist"):
        list(run_on_processes(read_image, ["no/such.png"] * 2, 2))


@pytest.mark.slow
@pytest.mark.posix
def test_ctrl_c_ends_the_work_in_hand_instead_of_waiting_for_it() -> None:
    code = """
import sys, time
from contextlib import closing
from mattekit.batch.processes import Limits, run_on_processes
if __name__ == "__main__":
    with closing(run_on_processes(time.sleep, [0.01, 600, 600, 600], 2)) as done:
        for second in done:
            print("begun", flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"begun\n"
        child.send_signal(signal.SIGINT)
        try:
            assert b"KeyboardInterrupt" in child.communicate(timeout=60)[1]
        finally:
            child.terminate()


@pytest.mark.slow
@pytest.mark.posix
def test_processes_whose_parent_is_killed_leave_without_a_traceback(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("""
import time
from mattekit.batch.processes import run_on_processes

def work(seconds):
    print("begun", flush=True)
    time.sleep(seconds)

if __name__ == "__main__":
    list(run_on_processes(work, [2, 2], 2))
""")
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert [child.stdout.readline() for _ in range(2)] == [b"begun\n"] * 2
        child.kill()
        assert child.communicate(timeout=60)[1] == b""


@pytest.mark.slow
def test_an_item_over_a_limit_is_set_aside_with_the_reason_and_the_rest_goes_on() -> None:
    work, lost = partial(eval), "{} {}".format
    for limits, greedy, reason in (
        (Limits(seconds=1), "__import__('time').sleep(60)", "took longer than 1 s"),
        (Limits(memory=2**30), "len(bytearray(3 * 2**29)) + sum(range(10**9))", "more than 1 GB"),
    ):
        found = [*run_on_processes(work, ["1 + 1", greedy, "2 + 2"], 1, limits=limits, lost=lost)]
        assert [found[0], found[2]] == [2, 4]
        assert greedy in found[1]
        assert reason in found[1]


@pytest.mark.slow
def test_an_item_whose_process_is_killed_once_is_begun_again(tmp_path: Path) -> None:
    work = partial(_die_first, tmp_path / "died")
    assert sorted(run_on_processes(work, [1, 2, 3, 4], 2)) == [1, 2, 3, 4]


def _die_first(mark: Path, item: int) -> int:
    if item == 2 and not mark.exists():
        mark.touch()
        os._exit(9)
    return item


@pytest.mark.slow
def test_items_are_taken_from_a_stream_as_processes_become_free() -> None:
    taken: list[int] = []

    def stream() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    with closing(run_on_processes(abs, stream(), 2)) as results:
        assert next(results) in (0, 1)
        assert len(taken) <= 4


@pytest.mark.slow
def test_a_process_that_dies_while_its_pipe_stays_open_is_replaced() -> None:
    """As on Windows, where a process that dies before it has taken its end over leaves it open."""
    worker: Worker[int, int] = Worker(abs)
    worker.process.kill()
    worker.process.join()
    worker.pipe.close()
    worker.pipe, _still_open = multiprocessing.Pipe()
    assert list(spread([worker], [-3])) == [3]
    worker.end()


@pytest.mark.slow
def test_an_interruption_that_a_handler_took_note_of_does_not_end_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Windows raises for Ctrl-C in spite of the handler."""
    interruptions, wait = [1], processes.wait

    def interrupted(*words: Any) -> Any:
        if interruptions:
            interruptions.pop()
            raise InterruptedError
        return wait(*words)

    monkeypatch.setattr(processes, "wait", interrupted)
    assert sorted(run_on_processes(abs, [-1, -2], 2)) == [1, 2]


def test_no_more_processes_are_started_than_windows_can_wait_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(system, "WINDOWS", True)
    monkeypatch.setattr(processes, "Worker", lambda *_, **__: SimpleNamespace(end=lambda: None))
    monkeypatch.setattr(processes, "spread", lambda workers, items, **_: [len(workers)])
    assert list(run_on_processes(abs, range(100), 80)) == [60]


@pytest.mark.slow
def test_a_script_that_starts_processes_whenever_it_is_imported_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from mattekit.batch.processes import *\nlist(run_on_processes(abs, [1, 2], 2))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert "below if __name__ == '__main__':" in done.stderr.splitlines()[-1]
