"""The ASGI application, without any route: what holds for all of them."""

from collections.abc import Sequence

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute

from libs.contracts.errors import ParleyError
from services.gateway.entrypoints import http_errors
from services.gateway.entrypoints.http_docs import document
from services.gateway.entrypoints.http_edge import BoundsOf, HttpEdge
from services.gateway.entrypoints.http_guard import Guard


def make_app(
    guard: Guard,
    first: Sequence[BaseRoute],
    *,
    body_bytes: int,
    body_seconds: float,
    bounds_of: BoundsOf = lambda _method, _path: None,
    cors_origins: Sequence[str] = (),
) -> FastAPI:
    """An application with `first` as its first routes, which pass no dependency."""
    app = FastAPI(
        title="Parley",
        version="1",
        description="Customer conversations: webhooks in, an AI that answers, people who take over.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        routes=list(first),
        dependencies=[Depends(guard)],
        # Spans alone: metrics are Prometheus', and the library's logs would quote what people wrote.
        telemetry={"metrics": False, "logs": False, "operation_spans": False},
    )
    app.add_exception_handler(ParleyError, http_errors.on_parley_error)
    app.add_exception_handler(HTTPException, http_errors.on_http_exception)
    app.add_exception_handler(RequestValidationError, http_errors.on_validation_error)
    app.add_exception_handler(Exception, http_errors.on_unexpected)
    if cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(cors_origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Idempotency-Key",
                "If-Match",
                "If-None-Match",
                "If-Range",
                "Prefer",
                "Range",
            ],
            expose_headers=[
                "Content-Disposition",
                "Content-Range",
                "ETag",
                "Last-Modified",
                "Preference-Applied",
                "Retry-After",
            ],
            max_age=600,
        )
    app.add_middleware(HttpEdge, body_bytes=body_bytes, body_seconds=body_seconds, bounds_of=bounds_of)

    @app.get("/openapi.json", operation_id="openapi", include_in_schema=False)
    async def openapi() -> dict[str, object]:
        """This API, as OpenAPI."""
        return document(app)

    return app
