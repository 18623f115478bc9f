"""Request parameters, whichever way they were sent: query, JSON, form or multipart."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

MAX_PARTS = 1_000

Params = dict[str, Any]
"""Parameter name to value: what JSON gives, text from queries and forms, UploadedFile from multipart."""


class BodyError(ValueError):
    """The body is not what its content type says."""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that came as a multipart part."""

    file_name: str
    mime_type: str
    content: bytes

    def as_json(self) -> dict[str, Any]:
        """Describe it without its bytes."""
        return {"file_name": self.file_name, "mime_type": self.mime_type, "size": len(self.content)}


def parse_params(query: bytes, content_type: str, body: bytes) -> Params:
    """Collect the parameters of a request; the body wins over the query. Raises BodyError."""
    params: Params = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}
    if not body:
        return params
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        parsed = _json_object(body)
        return {**params, **parsed} if params else parsed
    if kind == "application/x-www-form-urlencoded":
        params.update(_form(body))
    elif kind == "multipart/form-data":
        params.update(_multipart(content_type, body))
    return params


def _json_object(body: bytes) -> Params:
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise BodyError("can't parse JSON") from error
    if not isinstance(parsed, dict):
        raise BodyError("JSON object expected")
    return parsed


def _form(body: bytes) -> Iterable[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_PARTS)
    except ValueError as error:
        raise BodyError("can't parse form") from error


def _multipart(content_type: str, body: bytes) -> Params:
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise BodyError("multipart boundary not found")
    # The first delimiter may open the body; every other one starts on a new line.
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1"), MAX_PARTS)
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise BodyError("multipart body is not complete")
    params: Params = {}
    for name, value in map(_part, parts[1:-1]):
        if name.endswith("[]"):  # a list, as Rails and PHP write one
            params.setdefault(name, []).append(value)
        else:
            params[name] = value
    return params


def _part(part: bytes) -> tuple[str, str | UploadedFile]:
    head, separator, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not separator:
        raise BodyError("multipart part without headers")
    headers = Message()
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip()] = value.strip()
    field = headers.get_param("name", header="content-disposition")
    if not isinstance(field, str) or not field:
        raise BodyError("multipart part without a name")
    file_name = headers.get_filename()
    if file_name is None:
        return field, content.decode("utf-8", "replace")
    return field, UploadedFile(file_name, headers.get_content_type(), content)
