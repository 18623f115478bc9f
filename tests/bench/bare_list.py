"""The floor of `query_ratio`: a FastAPI route that runs a list's store query itself and answers its rows.

Run as `python -m tests.bench.bare_list PORT MONGODB_URL DATABASE ACCOUNT PERSON DEPARTMENT`.
"""

import json
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI, Response
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import DESCENDING

from services.conversation.adapters.mongo_lists import list_query
from services.conversation.domain.policy import Visibility
from services.conversation.use_cases.ports import ListFilter, Window

PAGE = 20


def make(url: str, database: str, account_id: str, person_id: str, department: str) -> FastAPI:
    """The application."""
    app = FastAPI()
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(url)
    conversations = client[database]["conversations"]
    seen = Visibility(departments=frozenset({department}), person_id=person_id)
    query = list_query(account_id, ListFilter(seen), Window(PAGE + 1))

    @app.get("/conversations")
    async def conversations_route() -> Response:
        found = conversations.find(query).sort([("updated_at", DESCENDING), ("_id", DESCENDING)])
        rows = await found.limit(PAGE + 1).to_list(PAGE + 1)
        return Response(json.dumps({"items": rows}, default=str), media_type="application/json")

    return app


if __name__ == "__main__":
    uvicorn.run(
        make(*sys.argv[2:7]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        access_log=False,
        log_level="warning",
        loop="uvloop",
    )
