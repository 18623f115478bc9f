"""What runs before a route runs on the loop: FastAPI hands plain functions to a thread, at a cost."""

from collections.abc import Iterator
from inspect import iscoroutinefunction
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tests.unit.gateway.conftest import Site


def called(dependant: Dependant) -> Iterator[Any]:
    for one in dependant.dependencies:
        yield one.call
        yield from called(one)


async def test_no_route_and_no_dependency_runs_in_a_thread(site: Site) -> None:
    routes = [route for route in site.gateway.api.routes if isinstance(route, APIRoute)]
    calls = {call for route in routes for call in (route.endpoint, *called(route.dependant))}
    assert len(calls) > len(routes)
    for call in calls:
        assert iscoroutinefunction(call) or iscoroutinefunction(type(call).__call__), call
