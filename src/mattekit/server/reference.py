"""The OpenAPI document as a page to read: plain HTML, made here, that needs nothing else.

(The viewers that frameworks bring load their scripts from other sites.)
"""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def to_html(document: dict[str, Any]) -> str:
    """The page of an OpenAPI document."""
    environment = Environment(
        loader=PackageLoader("mattekit", "server"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("reference.html").render(
        title=document["info"]["title"],
        description=document["info"]["description"],
        routes=[
            _route(path, method, about)
            for path, methods in document["paths"].items()
            for method, about in methods.items()
        ],
    )


def _route(path: str, method: str, about: dict[str, Any]) -> dict[str, Any]:
    form = about.get("requestBody", {}).get("content", {}).get("multipart/form-data", {})
    headers = about["responses"].get("200", {}).get("headers", {})
    return {
        "anchor": f"{method}{path}".translate(str.maketrans("/", "-", "{}")),
        "method": method.upper(),
        "path": path,
        "summary": about["summary"].rstrip("."),
        "description": about.get("description", ""),
        "fields": [
            _field(name, schema, schema.get("items", schema).get("description", ""))
            for name, schema in form.get("schema", {}).get("properties", {}).items()
        ],
        "headers": [
            _field(name, header["schema"], header["description"])
            for name, header in headers.items()
        ],
    }


def _field(name: str, schema: dict[str, Any], meaning: str) -> dict[str, str]:
    value = _value(schema)
    if schema.get("default") not in (None, False):
        value += f"; default {schema['default']}"
    return {"name": name, "value": value, "meaning": meaning}


def _value(schema: dict[str, Any]) -> str:
    """What a field takes, in a few words.

    >>> _value({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]})
    'integer from 1'
    """
    if "anyOf" in schema:
        return " or ".join(_value(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("format") == "binary":
        return "file"
    if schema["type"] == "array":
        return f"{_value(schema['items'])}, repeated"
    bounds = (("from", "minimum"), ("to", "maximum"))
    words = [f"{word} {schema[bound]:g}" for word, bound in bounds if bound in schema]
    return " ".join([schema["type"], *words])
