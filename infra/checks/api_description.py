"""What the description of the API must have: an example everywhere, each of which is true to its schema and which between
them show every member, and a Portuguese text beside every English one."""

import re

from openapi_schema_validator import OAS31Validator, oas31_format_checker

# A file has nothing to show.
FILES = ("text/html", "text/css", "text/javascript")


def pointed(document, thing):
    """What a reference leads to, and everything else as it is."""
    at = thing.get("$ref")
    for name in at.split("/")[1:] if at else ():
        document = document[name]
    return document if at else thing


def is_file(kind, content):
    return kind in FILES or content.get("schema", {}).get("format") == "binary"


def operations(document):
    """Path, method, operation and all parameters of every operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                parameters = item.get("parameters", []) + operation.get("parameters", [])
                yield path, method, operation, [pointed(document, one) for one in parameters]


def contents(holder, place):
    """The media types of a body or an answer, but for files."""
    for kind, content in holder.get("content", {}).items():
        if not is_file(kind, content):
            yield f"{place} {kind}", content


def answered(document):
    """The content of every answer of every operation, with its place."""
    for path, method, operation, _ in operations(document):
        for status, answer in operation["responses"].items():
            yield from contents(pointed(document, answer), f"{method.upper()} {path} {status}")


def described(document):
    """Where there have to be examples: the place, and what holds a schema. Each schema, parameter, header, body and answer."""
    yield from ((name, {"schema": schema}) for name, schema in document["components"]["schemas"].items())
    for path, method, operation, parameters in operations(document):
        place = f"{method.upper()} {path}"
        yield from ((f"{place} {one['in']} {one['name']}", one) for one in parameters)
        yield from contents(operation.get("requestBody", {}), f"{place} body")
        for status, answer in operation["responses"].items():
            headers = pointed(document, answer).get("headers", {}).items()
            yield from ((f"{place} {status} {name}", pointed(document, header)) for name, header in headers)
    yield from answered(document)


def examples(document, holder):
    """The examples of something with a schema: its own, of which there may be one for each language, else those of the schema."""
    if "example" in holder:
        return [holder["example"]]
    if "examples" in holder:
        return [one["value"] for one in holder["examples"].values()]
    return pointed(document, holder["schema"]).get("examples", [])


def faults(document, schema, values):
    """In what values differ from a schema of the document."""
    validator = OAS31Validator(
        {"allOf": [schema], "components": document["components"]}, format_checker=oas31_format_checker
    )
    return [fault.message for value in values for fault in validator.iter_errors(value)]


def hidden(schema, values, place=""):
    """The members of a schema that none of these values has. What another schema says is shown by that one's examples."""
    for part in schema.get("allOf", []):
        yield from hidden(part, values, place)
    for name, member in schema.get("properties", {}).items():
        found = [value[name] for value in values if isinstance(value, dict) and name in value]
        if not found:
            yield f"{place}.{name}"
        else:
            yield from hidden(member, found, f"{place}.{name}")
    items = schema.get("items", {})
    if "properties" in items:
        found = [item for value in values if isinstance(value, list) for item in value]
        yield from hidden(items, found, f"{place}[]")


def closed(document, schema, whole=True):
    """A schema without references that allows no member besides those it names. The parts of a whole leave that to it."""
    schema = dict(pointed(document, schema))
    if "properties" in schema:
        schema["properties"] = {name: closed(document, one) for name, one in schema["properties"].items()}
    if "items" in schema:
        schema["items"] = closed(document, schema["items"])
    if "allOf" in schema:
        schema["allOf"] = [closed(document, one, whole=False) for one in schema["allOf"]]
    if whole and ("properties" in schema or "allOf" in schema):
        schema["unevaluatedProperties"] = False
    return schema


def scopes(operation):
    """The scopes that an operation's description ends with, in English and in Portuguese."""
    texts = operation.get("description", ""), operation.get("x-pt", {}).get("description", "")
    ends = [re.search(r"(?:Scopes?|Escopos?): ([^.]+)\.$", text) for text in texts]
    return [re.findall("`(.+?)`", end[1]) if end else [] for end in ends]


def without_portuguese(thing, place=""):
    """Where there is an English text alone. What examples say is data."""
    if isinstance(thing, list):
        for index, one in enumerate(thing):
            yield from without_portuguese(one, f"{place}[{index}]")
    if not isinstance(thing, dict):
        return
    for name in ("description", "summary", "title"):
        if isinstance(thing.get(name), str) and not thing.get("x-pt", {}).get(name):
            yield f"{place}.{name}"
    for name, one in thing.items():
        if name not in ("example", "examples", "x-pt"):
            yield from without_portuguese(one, f"{place}.{name}")
