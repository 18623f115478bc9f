"""Calls a running gateway with the generated Python client: log in, list, be refused.

usage: python call_python.py BASE_URL EMAIL PASSWORD, with the generated package `parley_client` importable.
"""

import json
import sys

from parley_client import AuthenticatedClient, Client
from parley_client.api.conversations import get_conversation, list_conversations
from parley_client.api.sessions import log_in
from parley_client.models import ConversationPage, ErrorBody, LogInBody, SessionAnswer


def main(base_url: str, email: str, password: str) -> None:
    """Print what was found as JSON."""
    session = log_in.sync(client=Client(base_url=base_url), body=LogInBody(email=email, password=password))
    assert isinstance(session, SessionAnswer), session
    client = AuthenticatedClient(base_url=base_url, token=session.access_token)
    page = list_conversations.sync(client=client, page_size=5)
    assert isinstance(page, ConversationPage), page
    unknown = get_conversation.sync("0000-0000", client=client)
    assert isinstance(unknown, ErrorBody), unknown
    found = {
        "profile": session.profile.email,
        "total": page.total,
        "page_size": page.page_size,
        "unknown": unknown.code,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
