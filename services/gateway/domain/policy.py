"""Who may call which route: the one table. What a caller may see or change behind it, the owner decides.

A route without a rule is refused, and a test fails for it.
"""

from enum import StrEnum

from libs.contracts.vocabulary import Role


class Access(StrEnum):
    """Kinds of caller."""

    #: No token: log-in itself, and what says nothing about anybody.
    ANYONE = "anyone"
    #: A platform that proves itself in its own way, route by route.
    PLATFORM = "platform"
    VISITOR = "visitor"
    AGENT = "agent"
    ADMIN = "admin"
    USER = "user"


_TEAM = frozenset({Access.AGENT, Access.ADMIN})
#: Everybody with a log-in; what they may do with a ticket, the conversation says.
_PEOPLE = _TEAM | {Access.USER}
_ANYONE = frozenset({Access.ANYONE})
_ADMINS = frozenset({Access.ADMIN})

#: By operation id of the route.
RULES: dict[str, frozenset[Access]] = {
    "logIn": _ANYONE,
    "refreshSession": _ANYONE,
    "logOut": _TEAM | {Access.USER},
    "receiveTelegramUpdate": frozenset({Access.PLATFORM}),
    "replyToConversation": _TEAM,
    "changeConversationStatus": _TEAM,
    "listConversations": _TEAM,
    "getConversation": _TEAM,
    "startConversation": _TEAM,
    "listContacts": _TEAM,
    "getContact": _TEAM,
    "updateContact": _TEAM,
    **dict.fromkeys(
        (
            "getSuggestion",
            "approveSuggestion",
            "rejectSuggestion",
            "regenerateSuggestion",
            "writeReply",
            "retryMessage",
            "returnConversationToAI",
            "resolveConversation",
            "closeConversation",
            "reopenConversation",
            "archiveConversation",
            "unarchiveConversation",
            "handOffConversation",
            "assignConversation",
            "transferConversation",
            "setLabels",
            "addLabels",
            "removeLabel",
            "setPriority",
            "listNotes",
            "addNote",
            "deleteNote",
        ),
        _TEAM,
    ),
    "mergeContacts": _TEAM,
    "eraseContact": _ADMINS,
    "getErasure": _ADMINS,
    "getAccount": _TEAM,
    "listDepartments": _TEAM,
    "getDepartment": _TEAM,
    **dict.fromkeys(("updateAccount", "createDepartment", "updateDepartment", "deleteDepartment"), _ADMINS),
    **dict.fromkeys(
        ("listChatbots", "getChatbot", "createChatbot", "updateChatbot", "deleteChatbot"), _ADMINS
    ),
    # Of a team, the assigned agent alone: the conversation says who that is.
    "suggestResponse": _TEAM,
    "openTicket": frozenset({Access.USER}),
    "listTickets": _PEOPLE,
    "getTicket": _PEOPLE,
    "assignTicket": _PEOPLE,
    "resolveTicket": _PEOPLE,
    "closeTicket": _PEOPLE,
    "giveFeedback": _PEOPLE,
    "chatSocket": _PEOPLE,
    "getNotificationSettings": _TEAM,
    "putNotificationSettings": _TEAM,
    "openWidgetSession": _ANYONE,
    "agentSocket": _TEAM,
    "widgetSocket": frozenset({Access.VISITOR}),
    "openapi": _ANYONE,
    "livez": _ANYONE,
    "readyz": _ANYONE,
    "metrics": _ANYONE,
}

_ROLES = {Role.AGENT: Access.AGENT, Role.ADMIN: Access.ADMIN, Role.USER: Access.USER}


def needs_token(operation: str) -> bool:
    """Whether an operation is for people with an access token."""
    return bool(RULES.get(operation, frozenset()) & set(_ROLES.values()))


def is_open(operation: str) -> bool:
    """Whether an operation asks for no access token: it is for anyone, or has its own proof."""
    return operation in RULES and not needs_token(operation)


def may_call(operation: str, role: str) -> bool:
    """Whether a person of this role may call an operation. Unknown operations and roles may not."""
    if role not in set(Role):
        return False
    return _ROLES[Role(role)] in RULES.get(operation, frozenset())
