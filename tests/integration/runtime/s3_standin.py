"""An S3 server on loopback, for one bucket: it checks every signature from the bytes that arrived."""

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from libs.standins.server import serving
from libs.standins.wire import Answer, read_body, send_answer

ACCESS_KEY, SECRET_KEY, REGION, BUCKET = "AKTEST", "secret/of+a+test", "eu-test-1", "files"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request,"
    r"\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})"
)
_LEAST_PART = 5_242_880


class S3Standin:
    """`objects` are what lies in the bucket, `uploads` the parts of what is on its way. `broken` counts down
    requests of a method that are answered 503, `garbled` ends of uploads that fail with a status of success.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.refused: list[str] = []
        self.broken: Counter[str] = Counter()
        self.garbled = 0
        self.largest_request = 0
        self.url = ""

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator["S3Standin"]:
        standin = cls()
        async with serving(standin) as standin.url:
            yield standin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive, 20_000_000)
        self.largest_request = max(self.largest_request, len(body))
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        raw_path, query = scope["raw_path"].decode(), scope["query_string"].decode()
        why = _forged(scope["method"], raw_path, query, headers, body)
        if why:
            self.refused.append(why)
            await send_answer(send, _xml(403, f"<Error><Code>{why}</Code></Error>"))
            return
        if self.broken[scope["method"]] > 0:
            self.broken[scope["method"]] -= 1
            await send_answer(send, _xml(503, "<Error><Code>SlowDown</Code></Error>"))
            return
        key = raw_path.removeprefix(f"/{BUCKET}/")
        given = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
        await send_answer(send, self._answer(scope["method"], key, given, headers, body))

    def _answer(
        self, method: str, key: str, query: dict[str, str], headers: dict[str, str], body: bytes
    ) -> Answer:
        match method:
            case "POST" if "uploads" in query:
                return self._begin(key)
            case "POST":
                return self._complete(key, query["uploadId"], body)
            case "PUT":
                if "uploadId" in query:
                    self.uploads[query["uploadId"]][int(query["partNumber"])] = body
                else:
                    self.objects[key] = body
                return Answer(200, b"", headers=((b"etag", _etag(body).encode()),))
            case "DELETE":
                self.uploads.pop(query.get("uploadId", ""), None)
                if "uploadId" not in query:
                    self.objects.pop(key, None)
                return Answer(204, b"")
            case _:
                return self._part(key, headers.get("range", ""))

    def _begin(self, key: str) -> Answer:
        name = f"{len(self.uploads)}&<{key}>"  # opaque, and to be escaped in XML
        self.uploads[name] = {}
        escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return _xml(200, f"<Result><UploadId>{escaped}</UploadId></Result>")

    def _complete(self, key: str, upload: str, body: bytes) -> Answer:
        if self.garbled:
            self.garbled -= 1
            return _xml(200, "<Error><Code>InternalError</Code></Error>")
        parts = self.uploads.pop(upload)
        named = re.findall(r"<PartNumber>(\d+)</PartNumber><ETag>([^<]+)</ETag>", body.decode())
        if [(int(number), etag) for number, etag in named] != [
            (number, _etag(parts[number])) for number in sorted(parts)
        ]:
            return _xml(400, "<Error><Code>InvalidPart</Code></Error>")
        in_order = [parts[number] for number in sorted(parts)]
        if any(len(part) < _LEAST_PART for part in in_order[:-1]):
            return _xml(400, "<Error><Code>EntityTooSmall</Code></Error>")
        self.objects[key] = b"".join(in_order)
        return _xml(200, "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>")

    def _part(self, key: str, asked: str) -> Answer:
        if key not in self.objects:
            return _xml(404, "<Error><Code>NoSuchKey</Code></Error>")
        start, end = (int(number) for number in asked.removeprefix("bytes=").split("-"))
        return Answer(206, self.objects[key][start : end + 1], b"application/octet-stream")


def _forged(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> str:
    """Why a request is refused; empty for one that its owner signed as it is."""
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        return "AccessDenied"
    access_key, day, region, names, signature = found.groups()
    if (access_key, region) != (ACCESS_KEY, REGION):
        return "InvalidAccessKeyId"
    if headers.get("x-amz-content-sha256") != hashlib.sha256(body).hexdigest():
        return "XAmzContentSHA256Mismatch"
    if not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names.split(";")):
        return "AccessDenied"
    sorted_query = "&".join(sorted(query.split("&"))) if query else ""
    lines = [method, path, sorted_query]
    lines += [f"{name}:{headers.get(name, '')}" for name in names.split(";")]
    lines += ["", names, headers["x-amz-content-sha256"]]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    scope = f"{day}/{region}/s3/aws4_request"
    key = ("AWS4" + SECRET_KEY).encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{digest}"
    right = hmac.digest(key, text.encode(), "sha256").hex()
    return "" if hmac.compare_digest(right, signature) else "SignatureDoesNotMatch"


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _xml(status: int, text: str) -> Answer:
    return Answer(status, text.encode(), b"application/xml")
