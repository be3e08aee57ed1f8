"""The OpenAPI document as a page to read: plain HTML, made here, that needs nothing else.

(The viewers that frameworks bring load their scripts from other sites.)
"""

from typing import Any

from jinja2 import ChainableUndefined, Environment, PackageLoader


def to_html(document: dict[str, Any]) -> str:
    """The page of an OpenAPI document."""
    environment = Environment(
        loader=PackageLoader("mattekit", "server"), autoescape=True, undefined=ChainableUndefined
    )
    environment.filters["value"] = value
    return environment.get_template("reference.html").render(document)


def value(schema: dict[str, Any]) -> str:
    """What a field takes, in a few words.

    >>> value({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]})
    'integer from 1'
    """
    if "anyOf" in schema:
        return " or ".join(value(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("format") == "binary":
        return "file"
    if schema["type"] == "array":
        return f"{value(schema['items'])}, repeated"
    bounds = (("from", "minimum"), ("to", "maximum"))
    words = [f"{word} {schema[bound]:g}" for word, bound in bounds if bound in schema]
    return " ".join([schema["type"], *words])
