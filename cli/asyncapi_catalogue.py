"""Who takes and who sends which message, and where: what the AsyncAPI documents are made from.

What a service takes is checked against the routes it subscribes; what one sends must be taken somewhere
(tests/contracts/test_asyncapi.py).
"""

from dataclasses import dataclass

from libs.contracts import (
    ai,
    assignment,
    audit,
    chatbots,
    connections,
    contacts,
    conversation,
    delivery,
    directory,
    drafts,
    erasure,
    exporting,
    files,
    gateway,
    improving,
    inbound,
    knowledge,
    labels,
    learning,
    media,
    merging,
    messages,
    notes,
    notification_settings,
    notify,
    organising,
    people,
    platform_console,
    presence,
    read_marks,
    reading,
    scheduling,
    snoozing,
    starting,
    statistics,
    suggestions,
    templates,
    tickets,
    topology,
    workflow,
)
from libs.contracts.base import Contract, Message
from libs.contracts.frames import Frame

Kinds = tuple[type[Message], ...]

PARTITION = "{partition}"
_PARTITIONS = {
    topology.conversation_partition_queue(PARTITION): topology.partition_names("p"),
    topology.delivery_partition_queue(PARTITION): topology.partition_names("a"),
    topology.notify_partition_queue(PARTITION): topology.partition_names("a"),
}


def queues_at(address: str) -> list[str]:
    """The queues that a channel's address stands for."""
    return [address.replace(PARTITION, name) for name in _PARTITIONS.get(address, [""])]


def partitions_at(address: str) -> list[str]:
    """The values of the partition in an address; none where it has no such part."""
    return list(_PARTITIONS.get(address, ()))


_CONVERSATION_EVENTS: Kinds = tuple(
    sorted(
        (
            *(kind for kind in conversation.ConversationEvent.__subclasses__() if kind.type),
            *suggestions.SuggestionEvent.__subclasses__(),
        ),
        key=lambda kind: kind.type,
    )
)
_KNOWLEDGE_QUERIES: Kinds = (
    improving.ImproveDraft,
    knowledge.GetDocument,
    knowledge.GetKnowledgeStatus,
    knowledge.ListDocuments,
    learning.GetLearning,
    learning.ListPhrasings,
)
_CONVERSATION_COMMANDS: Kinds = (
    conversation.AcknowledgeMessage,
    conversation.ChangeStatus,
    conversation.HandOffConversation,
    conversation.PostBotReply,
    conversation.PostReply,
    conversation.RecordInboundMessage,
    conversation.RegisterAccount,
    conversation.RegisterChatbot,
    conversation.RegisterPerson,
    conversation.SkipAnswer,
)
_AGENT_COMMANDS: Kinds = (
    messages.WriteToContact,
    messages.RetryMessage,
    suggestions.ApproveSuggestion,
    suggestions.RegenerateSuggestion,
    suggestions.RejectSuggestion,
)
_CONTACT_COMMANDS: Kinds = (
    contacts.MergeContacts,
    contacts.MoveToContact,
    contacts.RenameContact,
    contacts.UpdateContact,
    starting.StartConversation,
    erasure.AcknowledgeErasure,
    erasure.EraseContact,
    erasure.EraseConversation,
)
_WORKFLOW_COMMANDS: Kinds = (
    *sorted(workflow.MoveConversation.__subclasses__(), key=lambda kind: kind.type),
    workflow.AssignConversation,
    workflow.TransferConversation,
)
_ORGANISING_COMMANDS: Kinds = (
    drafts.DeleteDraft,
    drafts.SaveDraft,
    templates.CreateTemplate,
    templates.DeleteTemplate,
    templates.UpdateTemplate,
    labels.CreateLabel,
    labels.DeleteLabel,
    labels.UpdateLabel,
    merging.MergeConversations,
    notes.AddNote,
    notes.DeleteNote,
    organising.LabelConversation,
    organising.SetPriority,
    scheduling.CancelScheduledReply,
    scheduling.ScheduleReply,
    snoozing.SnoozeConversation,
    snoozing.UnsnoozeConversation,
)
#: What becomes due: the conversation service sends them to itself.
_TIMED: Kinds = (
    conversation.ExpireAnswer,
    scheduling.SendScheduledReply,
    snoozing.WakeConversation,
)
_ORGANISING_QUERIES: Kinds = (
    drafts.GetDraft,
    exporting.ExportContact,
    labels.ListLabels,
    notes.ListNotes,
    scheduling.ListScheduledReplies,
    templates.GetTemplate,
    templates.ListTemplates,
    templates.RenderTemplate,
)
_CONTACT_QUERIES: Kinds = (contacts.GetContact, contacts.ListContacts, erasure.GetErasure)
_DIRECTORY_COMMANDS: Kinds = (
    chatbots.CreateChatbot,
    chatbots.DeleteChatbot,
    chatbots.UpdateChatbot,
    directory.CreateDepartment,
    directory.DeleteDepartment,
    directory.UpdateAccount,
    directory.UpdateDepartment,
    people.CreatePerson,
    people.DeletePerson,
    people.UpdatePerson,
    presence.ReportPresence,
    read_marks.MarkRead,
    read_marks.ReadMessages,
)
#: What the conversation service tells itself, one partition another.
_OWN_COMMANDS: Kinds = (
    assignment.AssignWaiting,
    labels.RelabelConversations,
    labels.ReplaceLabel,
    people.ReleaseConversation,
    presence.ExpirePresence,
)
_DIRECTORY_QUERIES: Kinds = (
    chatbots.GetChatbot,
    chatbots.ListChatbots,
    directory.GetAccount,
    people.FindPerson,
    people.ListPeople,
    presence.GetPresence,
)
_TICKET_COMMANDS: Kinds = (
    tickets.AssignTicket,
    tickets.CloseTicket,
    tickets.GiveFeedback,
    tickets.OpenTicket,
    tickets.PostTicketMessage,
    tickets.ResolveTicket,
    tickets.SuggestResponse,
)
_TICKET_QUERIES: Kinds = (tickets.GetTicket, tickets.ListTickets)
_RECEIPTS: Kinds = (delivery.ReplySent, delivery.ReplyFailed, delivery.ReplyUnknown)
_THREADS: Kinds = (
    platform_console.FollowThreadStatus,
    inbound.MoveThread,
    platform_console.RecordConsoleReply,
    inbound.TakeOverThread,
)
_CONVERSATION_QUERIES: Kinds = (
    conversation.EventsAfter,
    conversation.FindConversation,
    reading.GetConversation,
    conversation.GetPerson,
    audit.ListAudit,
    statistics.GetStatistics,
    reading.ListConversations,
    files.GetFile,
    messages.GetMessage,
    suggestions.GetSuggestion,
    improving.GetChatbotProfile,
)

_CONNECTION_COMMANDS: Kinds = (
    delivery.ConnectChannel,
    connections.ChangeConnection,
    connections.CheckConnection,
    connections.DisconnectChannel,
)
_CONNECTION_QUERIES: Kinds = (
    delivery.FindConnection,
    delivery.GetConnection,
    connections.ListConnections,
    connections.ReadConnection,
)

#: What each service reads, by the address of the queue.
TAKES: dict[str, dict[str, Kinds]] = {
    "gateway": {
        topology.GATEWAY_SET_CREDENTIALS.name: (gateway.SetCredentials,),
        topology.GATEWAY_REMOVE_CREDENTIALS.name: (gateway.RemoveCredentials,),
        topology.GATEWAY_ERASE_PERSON.name: (erasure.ErasePerson,),
    },
    "conversation": {
        topology.conversation_partition_queue(PARTITION): (
            *_CONVERSATION_COMMANDS,
            *_WORKFLOW_COMMANDS,
            *_ORGANISING_COMMANDS,
            *_TIMED,
            *_AGENT_COMMANDS,
            suggestions.RecordSuggestion,
            *_OWN_COMMANDS,
            audit.RecordAction,
            *_CONTACT_COMMANDS,
            *_DIRECTORY_COMMANDS,
            *_TICKET_COMMANDS,
            *_RECEIPTS,
            media.RecordFiles,
            *_THREADS,
            inbound.RecordReceipt,
        ),
        topology.CONVERSATION_MATCH_RECEIPT.name: (inbound.MatchReceipt,),
        topology.query_queue("conversation"): (
            *_CONVERSATION_QUERIES,
            *_CONTACT_QUERIES,
            *_DIRECTORY_QUERIES,
            *_TICKET_QUERIES,
            *_ORGANISING_QUERIES,
        ),
    },
    "delivery": {
        topology.delivery_partition_queue(PARTITION): (
            conversation.MessageRecorded,
            messages.MessageRetried,
            erasure.ConversationErased,
            conversation.ConversationHandedOff,
            conversation.ConversationReturnedToAI,
            conversation.ConversationResolved,
            conversation.ConversationClosed,
            conversation.ConversationReopened,
        ),
        topology.DELIVERY_CONNECT_CHANNEL.name: _CONNECTION_COMMANDS,
        topology.DELIVERY_ON_DIRECTORY.name: (chatbots.ChatbotDeleted,),
        topology.query_queue("delivery"): _CONNECTION_QUERIES,
    },
    "ai": {
        topology.AI_ANSWER_CONTACT.name: (ai.AnswerContact,),
        topology.AI_DRAFT_REPLY.name: (suggestions.DraftReply,),
        topology.AI_ADD_DOCUMENT.name: (ai.AddDocument,),
        topology.AI_PUT_DOCUMENT.name: (knowledge.PutDocument,),
        topology.AI_ON_CONVERSATION.name: (
            suggestions.SuggestionApproved,
            suggestions.SuggestionEdited,
            suggestions.SuggestionRejected,
            tickets.FeedbackGiven,
            conversation.ConversationResolved,
            conversation.ConversationClosed,
            conversation.ConversationReopened,
        ),
        topology.AI_DECIDE_PHRASING.name: (learning.DecidePhrasing,),
        topology.AI_REMOVE_DOCUMENT.name: (knowledge.RemoveDocument,),
        topology.AI_REINDEX.name: (knowledge.ReindexKnowledge,),
        topology.query_queue("ai"): _KNOWLEDGE_QUERIES,
        topology.AI_ERASE_PERSON.name: (erasure.ErasePerson,),
        topology.AI_ON_DIRECTORY.name: (chatbots.ChatbotDeleted,),
    },
    "notify": {
        topology.notify_partition_queue(PARTITION): (
            *_CONVERSATION_EVENTS,
            presence.PresenceChanged,
            chatbots.ChatbotDeleted,
            delivery.ConnectionChanged,
        ),
        topology.query_queue("notify"): (
            notify.FramesAfter,
            notification_settings.GetNotificationSettings,
        ),
        topology.NOTIFY_PUT_SETTINGS.name: (notification_settings.PutNotificationSettings,),
    },
}


@dataclass(frozen=True)
class Sending:
    """Messages that go to one exchange; the routing key is `prefix` and the message's type."""

    exchange: str
    kinds: tuple[type[Contract], ...]
    prefix: str = ""


#: What each service sends. `operator` is whoever sets an installation up (deploy/local/demo does).
SENDS: dict[str, tuple[Sending, ...]] = {
    "gateway": (
        Sending(
            topology.AI_COMMANDS,
            (
                knowledge.PutDocument,
                knowledge.RemoveDocument,
                knowledge.ReindexKnowledge,
                learning.DecidePhrasing,
            ),
        ),
        Sending(topology.DELIVERY_COMMANDS, _CONNECTION_COMMANDS),
        Sending(topology.NOTIFY_COMMANDS, (notification_settings.PutNotificationSettings,)),
        Sending(
            topology.CONVERSATION_COMMANDS,
            (
                conversation.AcknowledgeMessage,
                conversation.ChangeStatus,
                conversation.HandOffConversation,
                conversation.PostReply,
                conversation.RecordInboundMessage,
                contacts.MergeContacts,
                contacts.UpdateContact,
                audit.RecordAction,
                starting.StartConversation,
                *_WORKFLOW_COMMANDS,
                *_ORGANISING_COMMANDS,
                erasure.EraseContact,
                erasure.AcknowledgeErasure,
                *_DIRECTORY_COMMANDS,
                *_TICKET_COMMANDS,
                *_AGENT_COMMANDS,
                *_THREADS,
            ),
            f"{PARTITION}.",
        ),
        Sending(topology.CONVERSATION_COMMANDS, (inbound.MatchReceipt,)),
    ),
    "conversation": (
        Sending(
            topology.CONVERSATION_EVENTS,
            (*_CONVERSATION_EVENTS, presence.PresenceChanged, chatbots.ChatbotDeleted),
            f"{PARTITION}.",
        ),
        Sending(
            topology.CONVERSATION_COMMANDS,
            (
                *_TIMED,
                contacts.MoveToContact,
                contacts.RenameContact,
                erasure.EraseConversation,
                conversation.RecordInboundMessage,
                inbound.RecordReceipt,
                *_OWN_COMMANDS,
            ),
            f"{PARTITION}.",
        ),
        Sending(topology.AI_COMMANDS, (ai.AnswerContact, erasure.ErasePerson, suggestions.DraftReply)),
        Sending(topology.GATEWAY_COMMANDS, (erasure.ErasePerson,)),
    ),
    "delivery": (
        Sending(
            topology.CONVERSATION_COMMANDS, (erasure.AcknowledgeErasure, media.RecordFiles), f"{PARTITION}."
        ),
        Sending(topology.DELIVERY_EVENTS, (*_RECEIPTS, delivery.ConnectionChanged), f"{PARTITION}."),
    ),
    "ai": (
        Sending(
            topology.CONVERSATION_COMMANDS,
            (
                conversation.HandOffConversation,
                conversation.PostBotReply,
                conversation.SkipAnswer,
                erasure.AcknowledgeErasure,
                suggestions.RecordSuggestion,
            ),
            f"{PARTITION}.",
        ),
    ),
    "notify": (
        Sending(topology.CONVERSATION_COMMANDS, (erasure.AcknowledgeErasure,), f"{PARTITION}."),
        Sending(topology.REALTIME, (Frame,), "{bucket}.{room}"),
    ),
    "operator": (
        Sending(
            topology.CONVERSATION_COMMANDS,
            (conversation.RegisterAccount, conversation.RegisterChatbot, conversation.RegisterPerson),
            f"{PARTITION}.",
        ),
        Sending(topology.DELIVERY_COMMANDS, _CONNECTION_COMMANDS),
        Sending(
            topology.AI_COMMANDS,
            (ai.AddDocument, knowledge.PutDocument, knowledge.RemoveDocument, learning.DecidePhrasing),
        ),
        Sending(topology.GATEWAY_COMMANDS, (gateway.RemoveCredentials, gateway.SetCredentials)),
    ),
}

#: Which queries each service asks of which.
ASKS: dict[str, dict[str, Kinds]] = {
    "gateway": {
        "conversation": (
            *_CONVERSATION_QUERIES,
            *_CONTACT_QUERIES,
            *_DIRECTORY_QUERIES,
            *_TICKET_QUERIES,
            *_ORGANISING_QUERIES,
        ),
        "delivery": _CONNECTION_QUERIES,
        "ai": _KNOWLEDGE_QUERIES,
        "notify": (notify.FramesAfter, notification_settings.GetNotificationSettings),
    },
}

#: What the gateway reads on a queue of its own, beside its work queues: every replica gets all of it.
FANNED_OUT: dict[str, tuple[Sending, ...]] = {
    "gateway": (
        Sending(topology.REALTIME, (Frame,), "{bucket}.{room}"),
        Sending(topology.DELIVERY_EVENTS, (delivery.ConnectionChanged,), f"{PARTITION}."),
    ),
}
