"""Who may call which route: the one table. What a caller may see or change behind it, the owner decides.

A route without a rule is refused, and a test fails for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from libs.contracts.api_keys import KEY_ROLE, Scope
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


@dataclass(frozen=True, slots=True)
class Rule:
    """The roles that may call an operation, and the scope that an API key needs for it. Without a scope no
    key may call it.
    """

    roles: frozenset[Access]
    scope: Scope | None = None

    def by(self, scope: Scope) -> "Rule":
        """The same, for API keys of this scope, too."""
        return Rule(self.roles, scope)


_TEAM = Rule(frozenset({Access.AGENT, Access.ADMIN}))
#: Everybody with a log-in; what they may do with a ticket, the conversation says.
_PEOPLE = Rule(_TEAM.roles | {Access.USER})
_USERS = Rule(frozenset({Access.USER}))
_VISITORS = Rule(frozenset({Access.VISITOR}))
_ANYONE = Rule(frozenset({Access.ANYONE}))
_ADMINS = Rule(frozenset({Access.ADMIN}))

#: By operation id of the route.
RULES: dict[str, Rule] = {
    "logIn": _ANYONE,
    "refreshSession": _ANYONE,
    "logOut": _PEOPLE,
    "receiveWebhook": Rule(frozenset({Access.PLATFORM})),
    "answerWebhookHandshake": Rule(frozenset({Access.PLATFORM})),
    "replyToConversation": _TEAM.by(Scope.CONVERSATIONS_WRITE),
    "changeConversationStatus": _TEAM.by(Scope.CONVERSATIONS_MANAGE),
    "listConversations": _TEAM.by(Scope.CONVERSATIONS_READ),
    "getStatistics": _TEAM.by(Scope.CONVERSATIONS_READ),
    "getConversation": _TEAM.by(Scope.CONVERSATIONS_READ),
    "startConversation": _TEAM.by(Scope.CONVERSATIONS_WRITE),
    "listContacts": _TEAM.by(Scope.CONTACTS_READ),
    "getContact": _TEAM.by(Scope.CONTACTS_READ),
    "updateContact": _TEAM.by(Scope.CONTACTS_WRITE),
    **dict.fromkeys(
        (
            "getSuggestion",
            "approveSuggestion",
            "rejectSuggestion",
            "regenerateSuggestion",
            "improveDraft",
        ),
        _TEAM.by(Scope.SUGGESTIONS),
    ),
    **dict.fromkeys(
        ("writeReply", "retryMessage", "scheduleReply", "getDraft", "saveDraft", "deleteDraft"),
        _TEAM.by(Scope.CONVERSATIONS_WRITE),
    ),
    **dict.fromkeys(
        (
            "returnConversationToAI",
            "resolveConversation",
            "closeConversation",
            "reopenConversation",
            "archiveConversation",
            "unarchiveConversation",
            "handOffConversation",
            "assignConversation",
            "transferConversation",
            "bulkConversations",
            "setLabels",
            "addLabels",
            "removeLabel",
            "setPriority",
            "mergeConversations",
            "listLabels",
            "createLabel",
            "listNotes",
            "addNote",
            "deleteNote",
            "snoozeConversation",
            "unsnoozeConversation",
            "listScheduledReplies",
            "cancelScheduledReply",
            "listTemplates",
            "getTemplate",
            "previewTemplate",
            "createTemplate",
            "updateTemplate",
            "deleteTemplate",
        ),
        _TEAM.by(Scope.CONVERSATIONS_MANAGE),
    ),
    **dict.fromkeys(("updateLabel", "deleteLabel"), _ADMINS.by(Scope.CONVERSATIONS_MANAGE)),
    "mergeContacts": _TEAM.by(Scope.CONTACTS_WRITE),
    "eraseContact": _ADMINS.by(Scope.ERASURE),
    "exportContact": _ADMINS.by(Scope.EXPORT),
    "getErasure": _ADMINS.by(Scope.ERASURE),
    "markRead": _TEAM.by(Scope.CONVERSATIONS_MANAGE),
    "listPresence": _TEAM.by(Scope.ACCOUNT),
    "getAccount": _TEAM.by(Scope.ACCOUNT),
    "listDepartments": _TEAM.by(Scope.ACCOUNT),
    "getDepartment": _TEAM.by(Scope.ACCOUNT),
    **dict.fromkeys(
        ("updateAccount", "createDepartment", "updateDepartment", "deleteDepartment"),
        _ADMINS.by(Scope.ACCOUNT),
    ),
    **dict.fromkeys(
        (
            "listDocuments",
            "createDocument",
            "getDocument",
            "putDocument",
            "removeDocument",
            "getKnowledgeStatus",
            "reindexKnowledge",
            "listPhrasings",
            "approvePhrasing",
            "revokePhrasing",
            "getLearning",
        ),
        _ADMINS.by(Scope.KNOWLEDGE),
    ),
    **dict.fromkeys(
        ("listChatbots", "getChatbot", "createChatbot", "updateChatbot", "deleteChatbot"),
        _ADMINS.by(Scope.CHATBOTS),
    ),
    **dict.fromkeys(
        ("listPeople", "getPerson", "createPerson", "updatePerson", "deletePerson"),
        _ADMINS.by(Scope.PEOPLE),
    ),
    # Another password takes over who somebody is, which is more than a key may.
    "setPassword": _ADMINS,
    **dict.fromkeys(
        (
            "listConnections",
            "getConnection",
            "connectChannel",
            "changeConnection",
            "rotateConnection",
            "testConnection",
            "disconnectChannel",
        ),
        _ADMINS.by(Scope.CONNECTIONS),
    ),
    # Of a team, the assigned agent alone: the conversation says who that is.
    "suggestResponse": _TEAM,
    "openTicket": _USERS,
    "listTickets": _PEOPLE.by(Scope.CONVERSATIONS_READ),
    "getTicket": _PEOPLE.by(Scope.CONVERSATIONS_READ),
    "assignTicket": _PEOPLE.by(Scope.CONVERSATIONS_MANAGE),
    "resolveTicket": _PEOPLE,
    "closeTicket": _PEOPLE,
    "giveFeedback": _PEOPLE,
    "chatSocket": _PEOPLE,
    **dict.fromkeys(("createApiKey", "listApiKeys", "revokeApiKey"), _ADMINS.by(Scope.KEYS)),
    # A requester's own tickets are conversations, too: which ones, the conversation says.
    "uploadAttachment": _PEOPLE.by(Scope.CONVERSATIONS_WRITE),
    "downloadAttachment": _PEOPLE.by(Scope.CONVERSATIONS_READ),
    "uploadVisitorAttachment": _VISITORS,
    "downloadVisitorAttachment": _VISITORS,
    "listAudit": _ADMINS.by(Scope.AUDIT),
    "getNotificationSettings": _TEAM,
    "putNotificationSettings": _TEAM,
    "openWidgetSession": _ANYONE,
    "agentSocket": _TEAM.by(Scope.CONVERSATIONS_READ),
    "widgetSocket": _VISITORS,
    "openapi": _ANYONE,
    "livez": _ANYONE,
    "readyz": _ANYONE,
    "metrics": _ANYONE,
}

_ROLES = {Role.AGENT: Access.AGENT, Role.ADMIN: Access.ADMIN, Role.USER: Access.USER}


def needs_token(operation: str) -> bool:
    """Whether an operation is for people with an access token, and keys."""
    return bool(_roles(operation) & set(_ROLES.values()))


def brings_token(operation: str) -> bool:
    """Whether callers bring a token of any kind: a person's, or that of a visitor's session."""
    return needs_token(operation) or Access.VISITOR in _roles(operation)


def is_open(operation: str) -> bool:
    """Whether an operation asks for no access token: it is for anyone, or has its own proof."""
    return operation in RULES and not needs_token(operation)


def may_call(operation: str, role: str, scopes: Iterable[str] = ()) -> bool:
    """Whether a person of this role, or an API key of these scopes, may call an operation. Unknown operations
    and roles may not.
    """
    if role == KEY_ROLE:
        rule = RULES.get(operation)
        return rule is not None and rule.scope is not None and rule.scope in scopes
    return role in set(Role) and _ROLES[Role(role)] in _roles(operation)


def _roles(operation: str) -> frozenset[Access]:
    rule = RULES.get(operation)
    return rule.roles if rule is not None else frozenset()
