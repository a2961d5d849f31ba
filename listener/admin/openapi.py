"""The OpenAPI 3.1 description, made from the operations and their types: it cannot drift."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from listener.admin.operations import OPERATIONS, Operation
from listener.admin.problems import MEDIA_TYPE, Problem

_REFUSALS = {
    "400": "The request is not as it must be; `errors` say where.",
    "401": "No valid credential.",
    "403": "The credential lacks the role, or another site asks.",
    "404": "There is no such thing.",
    "409": "The world has overtaken the plan.",
    "413": "The body is too large.",
    "415": "The body is no JSON.",
    "429": "Too many wrong credentials.",
    "500": "A mistake of ours.",
    "502": "Graph refused.",
    "503": "Redis or Entra cannot be asked now.",
}

_JSON = "application/json"


def describe(operations: Iterable[Operation] = OPERATIONS) -> dict[str, Any]:
    """The whole description."""
    operations = list(operations)
    types = {Problem} | {one.gives for one in operations}
    types |= {one.takes for one in operations if one.takes}
    ordered = sorted(types, key=lambda type_: type_.__name__)
    schemas, components = msgspec.json.schema_components(
        ordered, ref_template="#/components/schemas/{name}"
    )
    refs = dict(zip(ordered, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Heliograph admin API",
            "version": "1",
            "summary": "Subscriptions: list, plan, apply, renew, resync, adopt, remove.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Operation, refs: Mapping[type, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {"operationId": one.name, "summary": one.summary}
    if parameters := [*_path_parameters(one.path), *_query_parameters(one.query)]:
        said["parameters"] = parameters
    if one.takes is not None:
        content = {_JSON: {"schema": refs[one.takes]}}
        said["requestBody"] = {"required": True, "content": content}
    problem = {MEDIA_TYPE: {"schema": refs[Problem]}}
    said["responses"] = {
        str(one.status): {"description": "Done.", "content": {_JSON: {"schema": refs[one.gives]}}},
        **{status: {"description": text, "content": problem} for status, text in _REFUSALS.items()},
    }
    return said


def _path_parameters(path: str) -> list[dict[str, Any]]:
    if "{id}" not in path:
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 128}
    return [{"name": "id", "in": "path", "required": True, "schema": schema}]


def _query_parameters(query: type) -> list[dict[str, Any]]:
    (_,), components = msgspec.json.schema_components([query], ref_template="{name}")
    properties = components[query.__name__].get("properties", {})
    return [
        {"name": name, "in": "query", "required": False, "schema": _plain(schema)}
        for name, schema in properties.items()
    ]


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """*schema* without null: in a query a value is there, or it is not."""
    plain = {name: value for name, value in schema.items() if name != "default"}
    some = [one for one in plain.pop("anyOf", []) if one.get("type") != "null"]
    return {**plain, **(some[0] if some else {})}
