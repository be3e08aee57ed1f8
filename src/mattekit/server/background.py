"""Cut-outs that a client does not wait for: started, followed by events, fetched when done.

They wait in the same queue and have the same time as others. Results are kept in memory, for a
while.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from mattekit.server.forms import schema
from mattekit.server.jobs import Answer, Job
from mattekit.server.requests import Intake
from mattekit.server.responses import (
    PROBLEM,
    RAISED,
    as_response,
    form_body,
    of_error,
    problem,
    said,
)
from mattekit.server.shelf import Shelf
from mattekit.server.workers import Workers

STAGES = {"subject": (0.0, 0.2), "alpha": (0.2, 0.5), "colours": (0.7, 0.3)}
"""Stage -> where it begins in the whole, and its share of it."""
HEARTBEAT = 15.0  # seconds after which a proxy is shown that the connection is alive
EVENTS = "text/event-stream"


class Running:
    """A job in the background: what was told of it last, and in the end its response."""

    def __init__(self) -> None:
        self.event = "progress"
        self.data = json.dumps({"stage": "waiting", "share": 0.0})
        self.response: Response | None = None
        self.task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    @property
    def size(self) -> int:
        """Bytes of the result."""
        return 0 if self.response is None else len(self.response.body)

    def tell(self, event: str, data: str) -> None:
        """Tell all who follow."""
        self.event, self.data = event, data
        self._changed.set()
        self._changed = asyncio.Event()

    def progress(self, stage: str, share: float) -> None:
        """Tell how much of the whole is done; what comes after the end is late."""
        if self.response is not None:
            return
        begin, part = STAGES[stage]
        self.tell("progress", json.dumps({"stage": stage, "share": round(begin + part * share, 3)}))

    def end(self, response: Response, told: str | None) -> None:
        """Keep the response; it is a problem where nothing is told of it."""
        self.response = response
        if told is None:
            self.tell("failed", bytes(response.body).decode())
        else:
            self.tell("done", told)

    async def events(self) -> AsyncIterator[str]:
        """What is told from now on, as server-sent events, beginning with what was told last."""
        while True:
            changed, last = self._changed, self.response is not None
            yield f"event: {self.event}\ndata: {self.data}\n\n"
            if last:  # the job may have ended while the line before was sent
                return
            while not changed.is_set():
                try:
                    await asyncio.wait_for(changed.wait(), HEARTBEAT)
                except TimeoutError:
                    yield ": still there\n\n"


def routes(workers: Workers, intake: Intake, check: Callable[[Job], None]) -> APIRouter:
    """Where jobs are started, followed, fetched and cancelled; `check` refuses some."""
    router = APIRouter(prefix="/v1/jobs")
    limits = intake.limits
    jobs = Shelf[Running]("job", seconds=limits.keep, most=limits.kept, size=lambda job: job.size)

    async def run(running: Running, name: str, job: Job) -> None:
        try:
            answer = await workers.do(job, running.progress)
        except RAISED as error:
            running.end(of_error(error), None)
        except asyncio.CancelledError:
            running.end(problem(410, "the job was cancelled"), None)
            raise
        else:
            running.end(as_response(answer), _told(answer, name))
        jobs.renew(name)

    @router.post(
        "",
        status_code=202,
        summary="Cut the subject out of a photo in the background",
        openapi_extra={"requestBody": form_body(schema("cutout")), "responses": PROBLEM},
    )
    async def start(request: Request) -> Response:
        """The fields are those of /v1/cutout; the answer says where events and result are."""
        job = await intake.read(request, "cutout")
        check(job)
        workers.check_queue()
        running = Running()
        name = jobs.add(running, expires=False)
        running.task = asyncio.create_task(run(running, name, job))
        place = f"/v1/jobs/{name}"
        body = {"id": name, "events": f"{place}/events", "result": f"{place}/result"}
        return JSONResponse(body, 202, headers={"Location": place})

    @router.get("/{name}", summary="The event that was told last")
    async def state(name: str) -> JSONResponse:
        running = jobs.get(name)
        return JSONResponse({"event": running.event, **json.loads(running.data)})

    @router.get(
        "/{name}/events",
        summary="Follow a job: events progress, and at the end done or failed",
        response_class=StreamingResponse,
        responses={200: {"content": {EVENTS: {}}}},
    )
    async def events(name: str) -> StreamingResponse:
        """progress: `stage` and `share` of the whole, 0 to 1. failed: the problem."""
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(jobs.get(name).events(), media_type=EVENTS, headers=headers)

    @router.get("/{name}/result", summary="What /v1/cutout would answer", response_class=Response)
    async def result(name: str) -> Response:
        """409 while the job is not done. Kept for a while after the last use."""
        response = jobs.get(name).response
        if response is None:
            return problem(409, "the job is not done yet; follow its events")
        return response

    @router.delete("/{name}", status_code=204, summary="Cancel a job, or forget its result")
    async def cancel(name: str) -> Response:
        running = jobs.drop(name)
        if running.task is not None:
            running.task.cancel()
        return Response(status_code=204)

    return router


def _told(answer: Answer, name: str) -> str | None:
    """What is told of a result; nothing of a problem, which speaks for itself."""
    if answer.error is not None:
        return None
    return json.dumps({"result": f"/v1/jobs/{name}/result", **said(answer)})
