"""What the OpenAPI document says of the routes that take pictures."""

from typing import Any, get_args

from mattekit.server.jobs import Kind, Output

FILE = {"type": "string", "format": "binary"}
OUTPUT = {
    "type": "string",
    "enum": list(get_args(Output)),
    "default": "rgba",
    "description": "matte: alpha in red, and in green the error that the model expects of it",
}
FORMAT = {"type": "string", "enum": ["png", "webp"], "default": "png"}
BITS = {"type": "integer", "enum": [8, 16], "default": 8}
BOX = {"type": "string", "description": "x,y,width,height in pixels of the photo"}
BAND = {"type": "string", "description": "unknown edge of a mask: pixels, or a share such as 2%"}
STROKES = FILE | {"description": "white strokes on the subject, black ones on the background"}


HEADERS = {
    name: {"description": words, "schema": {"type": "string"}}
    for name, words in (
        ("Mattekit-Model", "the model that answered"),
        ("Mattekit-Confidence", "from 0 to 1; only of a model that says how sure it is"),
        ("Mattekit-Warnings", "what is worth knowing about the result"),
    )
}


def _described(summary: str, fields: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": fields, "required": required}
    pictures = {kind: {"schema": FILE} for kind in ("image/png", "image/webp")}
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}},
        "responses": {
            "200": {"description": "The picture.", "content": pictures, "headers": HEADERS},
            "default": {
                "description": "What went wrong, in one sentence (`detail`).",
                "content": {"application/problem+json": {"schema": {"type": "object"}}},
            },
        },
    }


DESCRIPTIONS: dict[Kind, dict[str, Any]] = {
    "cutout": _described(
        "Cut the subject out of a photo",
        {
            "photo": FILE,
            "trimap": FILE,
            "mask": FILE,
            "scribbles": STROKES,
            "box": BOX,
            "output": OUTPUT,
            "format": FORMAT,
            "bits": BITS,
            "model": {"type": "string", "description": "see /v1/models"},
            "quality": {"type": "string", "enum": ["fast", "full"], "default": "full"},
            "band": BAND,
            "background": {"description": "of a composite: a colour, or a picture"} | FILE,
        },
        ["photo"],
    ),
    "trimap": _described(
        "Make a trimap of a mask or alpha, or of a photo with a box, strokes or a mask",
        {
            "alpha": FILE | {"description": "a mask or an alpha, without a photo"},
            "inner": {"type": "number", "default": 10},
            "outer": {"type": "number", "default": 10},
            "photo": FILE,
            "mask": FILE,
            "scribbles": STROKES,
            "box": BOX,
            "band": BAND,
            "format": FORMAT,
        },
        [],
    ),
    "foreground": _described(
        "Find the subject's own colours for an alpha",
        {"photo": FILE, "alpha": FILE, "format": FORMAT, "bits": BITS},
        ["photo", "alpha"],
    ),
}
