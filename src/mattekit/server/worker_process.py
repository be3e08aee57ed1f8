"""The life of a worker process: models loaded and used once, then one job after the other.

A thread listens meanwhile, so that a job can be stopped wherever it is: the signal raises
`JobStopped` in it, and the process lives on.
"""

import _thread
import logging
import signal
import threading
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from mattekit.cutouts.example import FOLDER
from mattekit.imaging.files import encode_image, read_image
from mattekit.imaging.resize import resize
from mattekit.server.forms import CutoutForm
from mattekit.server.jobs import STOPPED, Job, JobStopped, perform

log = logging.getLogger("mattekit.server")
READY = "ready"
STOP = "stop"
SIDE, ON_SUBJECT = 160, (125, 134)  # of the photo that is cut out first
STOP_SIGNAL = getattr(signal, "SIGUSR1", signal.SIGTERM)  # raised in this process only


def serve(pipe: Connection, memory: int | None) -> None:
    """Answer jobs until the listening process hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the listening process says when it is over
    if memory is not None:
        limit_memory(memory)
    warm_up()
    pipe.send(READY)
    inbox = _Inbox(pipe)
    threading.Thread(target=inbox.listen, daemon=True).start()
    while (job := inbox.next()) is not None:
        try:
            answer = perform(job, lambda *told: pipe.send(told))
            inbox.current = None
        except JobStopped:  # when all was done
            inbox.current = None
            answer = STOPPED
        pipe.send(answer)


class _Inbox:
    """Jobs by number, so that a stop that comes late does not hit the next one."""

    def __init__(self, pipe: Connection) -> None:
        self.pipe = pipe
        self.waiting: SimpleQueue[tuple[int, Job] | None] = SimpleQueue()
        self.received = 0
        self.cancelled = 0
        self.current: int | None = None
        signal.signal(STOP_SIGNAL, self._stop)

    def next(self) -> Job | None:
        """The next job; none when it is over."""
        message = self.waiting.get()
        if message is None:
            return None
        self.current, job = message
        return job

    def listen(self) -> None:
        """In a thread: take in jobs, and pass on that one is to stop."""
        while True:
            try:
                message = self.pipe.recv()
            except (EOFError, OSError):
                self.waiting.put(None)
                return
            if message == STOP:
                self.cancelled = self.received
                _thread.interrupt_main(STOP_SIGNAL)
            else:
                self.received += 1
                self.waiting.put((self.received, message))

    def _stop(self, *_: Any) -> None:
        if self.current is not None and self.current == self.cancelled:
            raise JobStopped


def limit_memory(size: int) -> None:
    """Let this process have so many bytes of address space, where the system can say so."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    except (ImportError, ValueError):  # there is none on Windows, and macOS refuses any
        log.info("the memory of workers is not limited on this system")


def warm_up() -> None:
    """Cut out the bundled photo, small, so that segmenter and model are loaded and used."""
    photo = resize(read_image(FOLDER / "example.jpg"), (SIDE, SIDE))
    files = {"photo": encode_image(photo, format="png")}
    hints = {"points": [ON_SUBJECT]}
    answer = perform(
        Job(kind="cutout", form=CutoutForm(), files=files, hints=hints, max_pixels=SIDE**2)
    )
    if answer.error is not None:
        log.warning("the first cut-out of a worker failed: %s", answer.error)
