"""What the endpoint answers when it refuses: ``{"error": {message, type, param, code}}``."""

import json

from libs.standins.wire import Answer

Headers = tuple[tuple[bytes, bytes], ...]


class ApiError(Exception):
    """A refusal with its HTTP status."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: Headers = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.headers = headers

    def as_json(self) -> dict[str, object]:
        """The error body."""
        return {
            "error": {"message": str(self), "type": self.kind, "param": self.param, "code": self.code},
        }


def refusal(error: ApiError) -> Answer:
    """The error as an HTTP answer."""
    return Answer(error.status, json.dumps(error.as_json()).encode(), headers=error.headers)


def missing(param: str) -> ApiError:
    """400 for a request without a member that it needs."""
    return ApiError(
        400, f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param
    )


def invalid(param: str, why: str) -> ApiError:
    """400 for a member that does not fit."""
    return ApiError(400, f"Invalid value for '{param}': {why}.", code="invalid_value", param=param)
