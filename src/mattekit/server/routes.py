"""The routes of /v1 that take photos: pictures at once, photos to keep, jobs in the background.

Jobs wait in the same queue and have the same time as others. Photos and results are kept in memory,
for a while.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from mattekit.core.errors import MattekitError
from mattekit.server.forms import Kind, PhotoForm, described
from mattekit.server.jobs import Answer, Job
from mattekit.server.requests import Intake, unless_disconnected
from mattekit.server.responses import PICTURE, as_response, problem, said
from mattekit.server.shelf import Shelf
from mattekit.server.workers import Workers

SUMMARIES: dict[Kind, str] = {
    "cutout": "Cut the subject out of a photo, or correct an alpha by strokes",
    "trimap": "Make a trimap of a mask or alpha, or of a photo with a hint",
    "foreground": "Find the subject's own colours for an alpha",
}
STAGES = {"subject": (0.0, 0.2), "alpha": (0.2, 0.5), "colours": (0.7, 0.3)}
"""Stage -> where it begins in the whole, and its share of it."""
HEARTBEAT = 15.0  # seconds after which a proxy is shown that the connection is alive
EVENTS = "text/event-stream"
Check = Callable[[Job], None]
"""Refuses some jobs."""


def pictures(workers: Workers, intake: Intake, check: Check) -> APIRouter:
    """Where a picture is asked for and waited for."""
    router = APIRouter(prefix="/v1")

    def add(kind: Kind, summary: str) -> None:
        @router.post(
            f"/{kind}",
            name=kind,
            summary=summary,
            response_class=Response,
            openapi_extra=described(kind),
            responses=PICTURE,
        )
        async def work(request: Request) -> Response:
            job = await intake.read(request, kind)
            check(job)
            return as_response(await unless_disconnected(request, workers.do(job)))

    for kind, summary in SUMMARIES.items():
        add(kind, summary)
    return router


def photos(workers: Workers, intake: Intake) -> APIRouter:
    """Where photos that travel once come in, are looked at and given up."""
    router, kept = APIRouter(prefix="/v1/photos"), intake.photos

    @router.post(
        "",
        status_code=201,
        summary="Keep a photo, to be named by its id in further requests",
        openapi_extra=described("photo"),
    )
    async def keep(request: Request) -> Response:
        """Kept in memory only, and forgotten `expires_in` seconds after the last use."""
        job = await intake.read(request, "photo")
        kept.check_room(len(job.files.get("photo", b"")))
        answer = await unless_disconnected(request, workers.do(job))
        if answer is None or answer.error is not None:
            return as_response(answer)
        name = kept.add(job.files["photo"])
        kept.renew(name)
        body = {"id": name, **answer.about, "expires_in": kept.seconds}
        return JSONResponse(body, 201, headers={"Location": f"photos/{name}"})

    @router.get(
        "/{name}",
        summary="Look at a photo, whatever its format",
        response_class=Response,
        responses=PICTURE,
    )
    async def look(request: Request, name: str) -> Response:
        """As PNG, upright and in sRGB at 8 bits, which every browser shows."""
        job = intake.job(kind="preview", form=PhotoForm(), files={"photo": kept.get(name)})
        return as_response(await unless_disconnected(request, workers.do(job)))

    @router.delete("/{name}", status_code=204, summary="Forget a photo")
    async def forget(name: str) -> Response:
        kept.drop(name)
        return Response(status_code=204)

    return router


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
        return 0 if self.response is None else len(self.response.body)

    def tell(self, event: str, data: str) -> None:
        self.event, self.data = event, data
        self._changed.set()
        self._changed = asyncio.Event()

    def progress(self, stage: str, share: float) -> None:
        """Tell how much of the whole is done; what comes after the end is late."""
        if self.response is not None:
            return
        begin, part = STAGES[stage]
        self.tell("progress", json.dumps({"stage": stage, "share": round(begin + part * share, 3)}))

    def end(self, response: Response, told: str | None = None) -> None:
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


def jobs(workers: Workers, intake: Intake, check: Check) -> APIRouter:
    """Where cut-outs that nobody waits for are started, followed, fetched and cancelled."""
    router, limits = APIRouter(prefix="/v1/jobs"), intake.limits
    kept = Shelf[Running]("job", seconds=limits.keep, most=limits.kept, size=lambda job: job.size)

    async def run(running: Running, name: str, job: Job) -> None:
        try:
            answer = await workers.do(job, running.progress)
        except MattekitError as error:
            answer = Answer(error=error)
        except asyncio.CancelledError:
            running.end(problem(410, "the job was cancelled"))
            raise
        result = {"result": f"/v1/jobs/{name}/result", **said(answer)}
        running.end(as_response(answer), None if answer.error else json.dumps(result))
        kept.renew(name)

    @router.post(
        "",
        status_code=202,
        summary="Cut the subject out of a photo in the background",
        openapi_extra=described("cutout"),
    )
    async def start(request: Request) -> Response:
        """The fields are those of /v1/cutout; the answer says where events and result are."""
        job = await intake.read(request, "cutout")
        check(job)
        workers.check_queue()
        running = Running()
        name = kept.add(running)
        running.task = asyncio.create_task(run(running, name, job))
        place = f"/v1/jobs/{name}"
        body = {"id": name, "events": f"{place}/events", "result": f"{place}/result"}
        return JSONResponse(body, 202, headers={"Location": f"jobs/{name}"})

    @router.get("/{name}", summary="The event that was told last")
    async def state(name: str) -> JSONResponse:
        running = kept.get(name)
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
        return StreamingResponse(kept.get(name).events(), media_type=EVENTS, headers=headers)

    @router.get(
        "/{name}/result",
        summary="What /v1/cutout would answer",
        response_class=Response,
        responses=PICTURE,
    )
    async def result(name: str) -> Response:
        """409 while the job is not done. Kept for a while after the last use."""
        response = kept.get(name).response
        if response is None:
            return problem(409, "the job is not done yet; follow its events")
        return response

    @router.delete("/{name}", status_code=204, summary="Cancel a job, or forget its result")
    async def cancel(name: str) -> Response:
        running = kept.drop(name)
        if running.task is not None:
            running.task.cancel()
        return Response(status_code=204)

    return router
