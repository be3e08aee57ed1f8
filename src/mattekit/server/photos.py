"""Photos that are kept in memory for a while, so that each travels once."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from mattekit.server.clients import unless_gone
from mattekit.server.forms import schema
from mattekit.server.requests import Intake
from mattekit.server.responses import CLIENT_LEFT, PROBLEM, as_response, form_body
from mattekit.server.workers import Workers


def routes(workers: Workers, intake: Intake) -> APIRouter:
    """Where photos come in and are given up."""
    photos = intake.photos
    router = APIRouter(prefix="/v1/photos")

    @router.post(
        "",
        status_code=201,
        summary="Keep a photo, to be named by its id in further requests",
        openapi_extra={"requestBody": form_body(schema("photo")), "responses": PROBLEM},
    )
    async def keep(request: Request) -> Response:
        """Kept in memory only, and forgotten `expires_in` seconds after the last use."""
        job = await intake.read(request, "photo")
        photos.check_room(len(job.files.get("photo", b"")))
        answer = await unless_gone(request, workers.do(job))
        if answer is None:
            return Response(status_code=CLIENT_LEFT)
        if answer.error is not None:
            return as_response(answer)
        name = photos.add(job.files["photo"])
        body = {"id": name, **answer.about, "expires_in": photos.seconds}
        return JSONResponse(body, 201, headers={"Location": f"/v1/photos/{name}"})

    @router.delete("/{name}", status_code=204, summary="Forget a photo")
    async def forget(name: str) -> Response:
        photos.drop(name)
        return Response(status_code=204)

    return router
