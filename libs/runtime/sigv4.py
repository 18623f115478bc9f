"""AWS Signature Version 4 of one request, as S3 and what is compatible with it check it.

Source: AWS, "Signature Calculations for the Authorization Header". Written out here because the libraries
that have it (boto3, minio) bring a client without asyncio and tens of megabytes with them.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose requests these are, and to which region."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str
    service: str = "s3"

    def headers(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        payload_sha256: str,
        moment: datetime,
    ) -> dict[str, str]:
        """The headers to send: those given (`Host` among them), the signature, and what belongs to it. `path`
        and `query` are not encoded yet; `moment` is UTC.
        """
        at = moment.strftime("%Y%m%dT%H%M%SZ")
        sent = {name.lower(): value.strip() for name, value in headers.items()}
        sent |= {"x-amz-date": at, "x-amz-content-sha256": payload_sha256}
        names = ";".join(sorted(sent))
        request = "\n".join(
            (
                method,
                encoded_path(path),
                encoded_query(query),
                *(f"{name}:{sent[name]}" for name in sorted(sent)),
                "",
                names,
                payload_sha256,
            )
        )
        scope = f"{at[:8]}/{self.region}/{self.service}/aws4_request"
        text = "\n".join((_ALGORITHM, at, scope, hashlib.sha256(request.encode()).hexdigest()))
        signature = hmac.new(self._key(at[:8]), text.encode(), hashlib.sha256).hexdigest()
        credential = f"Credential={self.access_key}/{scope}"
        authorization = f"{_ALGORITHM} {credential},SignedHeaders={names},Signature={signature}"
        return {**sent, "authorization": authorization}

    def _key(self, day: str) -> bytes:
        key = f"AWS4{self.secret_key}".encode()
        for part in (day, self.region, self.service, "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key


def encoded_path(path: str) -> str:
    """A path as S3 wants it: everything but slashes encoded, once."""
    return quote(path, safe="/-_.~")


def encoded_query(query: Mapping[str, str]) -> str:
    """A query in the order of its names."""
    return "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(query.items())
    )
