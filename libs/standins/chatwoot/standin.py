"""The Chatwoot stand-in: one installation of several accounts below ``/chatwoot``."""

import re
from collections.abc import Mapping
from typing import Any

from libs.standins.bodies import BodyError, parse_params
from libs.standins.chatwoot.account import BOT_OPERATIONS, ChatwootAccount, Settings, page_of
from libs.standins.chatwoot.errors import (
    INVALID_TOKEN,
    LOGIN_PAGE,
    NOT_AUTHORISED,
    NOT_SIGNED_IN,
    not_found,
    refused,
    unprocessable,
)
from libs.standins.chatwoot.state import STATUSES
from libs.standins.control import only, take
from libs.standins.errors import StandinError
from libs.standins.http_api import ApiRequest, Operation, RefusedError, json_answer
from libs.standins.party import PartyStandin

_TEXTS = ("token", "bot_token", "webhook_url", "secret", "channel", "name", "first_status")
_HOOKS = frozenset({"account", "agent_bot"})
_ACCOUNT = re.compile(r"/api/v1/accounts/(\d+)(/.*)")
#: Method and path below the account, and what is asked there.
_ROUTES = tuple(
    (method, re.compile(path), name)
    for method, path, name in (
        ("POST", r"/conversations/(\d+)/messages", "send_message"),
        ("GET", r"/conversations/(\d+)/messages", "list_messages"),
        ("POST", r"/conversations/(\d+)/toggle_status", "toggle_status"),
        ("POST", r"/conversations/(\d+)/toggle_typing_status", "toggle_typing_status"),
        ("POST", r"/conversations/(\d+)/assignments", "assign"),
        ("GET", r"/conversations/(\d+)", "show_conversation"),
        ("POST", r"/conversations()", "create_conversation"),
        ("GET", r"/contacts/search()", "search_contacts"),
        ("POST", r"/contacts()", "create_contact"),
        ("POST", r"/contacts/(\d+)/contact_inboxes", "link_contact"),
    )
)


class ChatwootStandin(PartyStandin[ChatwootAccount]):
    """Chatwoot's application API, as far as a bot or a helpdesk beside it meets it."""

    name = "chatwoot"
    prefix = "/chatwoot"
    max_bytes = 45 * 1_048_576
    too_large = json_answer(413, {"error": "Request Entity Too Large"})

    def register(self, settings: Mapping[str, Any]) -> ChatwootAccount:
        """Register an account or bring it up to date. Settings: ``account_id``, ``token``, ``bot_token``,
        ``webhook_url``, ``secret``, ``hooks``, ``inbox_id``, ``channel``, ``name``, ``lock_to_single``,
        ``first_status``, ``speed_up``. StandinError.
        """
        only(settings, "account_id", *_TEXTS, "hooks", "inbox_id", "lock_to_single", "speed_up")
        account_id = str(take(settings, "account_id", int, str))
        if not account_id.isdigit():
            raise StandinError("account_id must be a number")
        hooks = take(settings, "hooks", list, default=None)
        if hooks is not None and not set(hooks) <= _HOOKS:
            raise StandinError(f"hooks must be out of {', '.join(sorted(_HOOKS))}")
        if settings.get("first_status", "open") not in STATUSES:
            raise StandinError(f"first_status must be one of {', '.join(STATUSES)}")
        account = self.parties.get(account_id)
        if account is None:
            fresh = Settings(token=take(settings, "token", str))
            account = self.enrol(
                ChatwootAccount(
                    account_id,
                    fresh,
                    speed_up=self.speed_up,
                    time_limit_s=self.time_limit_s,
                    keep=self.keep,
                )
            )
        for name in _TEXTS:
            if (value := take(settings, name, str, default=None)) is not None:
                setattr(account.settings, name, value)
        account.settings.hooks = account.settings.hooks if hooks is None else tuple(hooks)
        account.settings.inbox_id = take(settings, "inbox_id", int, default=account.settings.inbox_id)
        single = take(settings, "lock_to_single", bool, default=account.settings.lock_to_single)
        account.settings.lock_to_single = single
        account.sender.speed_up = take(settings, "speed_up", int, float, default=account.sender.speed_up)
        return account

    def understand(self, request: ApiRequest) -> Operation:
        """Find account and operation by token and path. RefusedError."""
        found = _ACCOUNT.fullmatch(request.path)
        if found is None:
            # What is no path of the API is one of the web application: a page, and 200.
            raise RefusedError(LOGIN_PAGE, "not a path of the API")
        token = request.headers.get("api_access_token") or request.headers.get("api-access-token", "")
        account, is_bot = self._account_of(found[1], token)
        for method, path, name in _ROUTES:
            match = path.fullmatch(found[2])
            if match is None or method != request.method:
                continue
            if is_bot and name not in BOT_OPERATIONS:
                raise refused(401, NOT_AUTHORISED, "an agent bot may not do this")
            return self._operation(account, name, match[1], request, is_bot=is_bot)
        raise not_found()

    def _account_of(self, account_id: str, token: str) -> tuple[ChatwootAccount, bool]:
        if not token:
            raise refused(401, NOT_SIGNED_IN, "no token")
        everybody = {one.settings.token: one for one in self.parties.values()}
        bots = {one.settings.bot_token: one for one in self.parties.values()}
        owner = everybody.get(token) or bots.get(token)
        if owner is None:
            raise refused(401, INVALID_TOKEN, "unknown token")
        if owner.id != account_id:
            raise refused(401, NOT_AUTHORISED, "the token of another account")
        return owner, token not in everybody

    def _operation(
        self, account: ChatwootAccount, name: str, number: str, request: ApiRequest, *, is_bot: bool
    ) -> Operation:
        try:
            params = parse_params(request.query, request.headers.get("content-type", ""), request.body)
        except BodyError as error:
            raise unprocessable(str(error)) from None
        given = int(number) if number else page_of(request.query)
        recipient = number if name in {"send_message", "toggle_status"} else None
        shown = {key: value for key, value in params.items() if isinstance(value, str | int | bool | dict)}
        arguments = {"params": params, "id": given, "is_bot": is_bot}
        return Operation(account, name, recipient, shown, arguments)
