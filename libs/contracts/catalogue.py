"""Everything of the contracts that has a committed JSON Schema: messages, their answers, envelope, frame.

Importing this module imports every contract, so that the register is complete.
"""

from typing import Any

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
    media,
    messages,
    notes,
    notification_settings,
    notify,
    organising,
    people,
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
    workflow,
)
from libs.contracts.base import REGISTER, Contract, Message, Reply
from libs.contracts.envelope import Envelope
from libs.contracts.frames import Frame

DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: What a caller finds in `Reply.result`. Messages that are not here are answered with an empty result.
ANSWERS: dict[type[Message], type[Contract]] = {
    conversation.RecordInboundMessage: conversation.InboundRecorded,
    conversation.PostReply: conversation.MessageView,
    conversation.PostBotReply: conversation.MessageView,
    conversation.HandOffConversation: conversation.StatusChanged,
    conversation.ChangeStatus: conversation.StatusChanged,
    conversation.RegisterPerson: conversation.Person,
    statistics.GetStatistics: statistics.Statistics,
    reading.ListConversations: reading.ConversationPage,
    reading.GetConversation: reading.ConversationThread,
    conversation.FindConversation: conversation.FoundConversation,
    conversation.GetPerson: conversation.Person,
    conversation.EventsAfter: conversation.EventPage,
    suggestions.RecordSuggestion: suggestions.SuggestionView,
    suggestions.ApproveSuggestion: conversation.MessageView,
    suggestions.RejectSuggestion: suggestions.SuggestionView,
    suggestions.RegenerateSuggestion: suggestions.DraftRequested,
    suggestions.GetSuggestion: suggestions.SuggestionView,
    messages.WriteToContact: conversation.MessageView,
    messages.RetryMessage: conversation.MessageView,
    messages.GetMessage: conversation.MessageView,
    files.GetFile: conversation.Attachment,
    workflow.ReturnConversationToAI: conversation.ConversationView,
    workflow.ResolveConversation: conversation.ConversationView,
    workflow.CloseConversation: conversation.ConversationView,
    workflow.ReopenConversation: conversation.ConversationView,
    workflow.ArchiveConversation: conversation.ConversationView,
    workflow.UnarchiveConversation: conversation.ConversationView,
    workflow.AssignConversation: conversation.ConversationView,
    workflow.TransferConversation: conversation.ConversationView,
    notes.AddNote: notes.NoteView,
    notes.DeleteNote: notes.NoteView,
    notes.ListNotes: notes.NotePage,
    scheduling.ScheduleReply: scheduling.ScheduledReply,
    scheduling.CancelScheduledReply: scheduling.ScheduledReply,
    scheduling.ListScheduledReplies: scheduling.ScheduledReplyPage,
    snoozing.SnoozeConversation: conversation.ConversationView,
    snoozing.UnsnoozeConversation: conversation.ConversationView,
    drafts.SaveDraft: drafts.ReplyDraft,
    drafts.DeleteDraft: drafts.DraftDeleted,
    drafts.GetDraft: drafts.ReplyDraft,
    templates.CreateTemplate: templates.Template,
    templates.UpdateTemplate: templates.Template,
    templates.DeleteTemplate: templates.Template,
    templates.ListTemplates: templates.TemplatePage,
    templates.GetTemplate: templates.Template,
    templates.RenderTemplate: templates.RenderedTemplate,
    exporting.ExportContact: exporting.ExportPage,
    organising.LabelConversation: conversation.ConversationView,
    organising.SetPriority: conversation.ConversationView,
    contacts.ListContacts: contacts.ContactPage,
    contacts.GetContact: contacts.ContactDetail,
    contacts.UpdateContact: contacts.ContactDetail,
    contacts.MergeContacts: contacts.ContactDetail,
    starting.StartConversation: starting.StartedConversation,
    erasure.EraseContact: erasure.ErasureView,
    erasure.GetErasure: erasure.ErasureView,
    delivery.ConnectChannel: connections.ConnectionView,
    connections.ChangeConnection: connections.ConnectionView,
    connections.CheckConnection: connections.ConnectionChecked,
    connections.DisconnectChannel: connections.ConnectionView,
    connections.ListConnections: connections.ConnectionPage,
    connections.ReadConnection: connections.ConnectionView,
    delivery.FindConnection: delivery.FoundConnection,
    delivery.GetConnection: delivery.SealedConnection,
    notify.FramesAfter: notify.FramePage,
    notification_settings.GetNotificationSettings: notification_settings.NotificationSettings,
    notification_settings.PutNotificationSettings: notification_settings.NotificationSettings,
    directory.GetAccount: directory.AccountView,
    directory.UpdateAccount: directory.AccountView,
    directory.CreateDepartment: directory.Department,
    directory.UpdateDepartment: directory.Department,
    directory.DeleteDepartment: directory.Department,
    chatbots.ListChatbots: chatbots.ChatbotPage,
    chatbots.GetChatbot: chatbots.ChatbotView,
    chatbots.CreateChatbot: chatbots.ChatbotView,
    chatbots.UpdateChatbot: chatbots.ChatbotView,
    chatbots.DeleteChatbot: chatbots.ChatbotView,
    people.ListPeople: people.PersonPage,
    audit.ListAudit: audit.AuditPage,
    people.FindPerson: conversation.Person,
    people.CreatePerson: conversation.Person,
    people.UpdatePerson: conversation.Person,
    people.DeletePerson: conversation.Person,
    improving.ImproveDraft: improving.ImprovedDraft,
    knowledge.PutDocument: knowledge.DocumentView,
    knowledge.RemoveDocument: knowledge.DocumentView,
    knowledge.ListDocuments: knowledge.DocumentPage,
    knowledge.GetDocument: knowledge.DocumentText,
    knowledge.GetKnowledgeStatus: knowledge.KnowledgeStatus,
    presence.ReportPresence: presence.PresenceView,
    presence.GetPresence: presence.PresenceList,
    read_marks.MarkRead: conversation.ConversationView,
    tickets.OpenTicket: tickets.TicketView,
    tickets.AssignTicket: tickets.TicketView,
    tickets.ResolveTicket: tickets.TicketView,
    tickets.CloseTicket: tickets.TicketView,
    tickets.PostTicketMessage: tickets.TicketMessagePosted,
    tickets.SuggestResponse: suggestions.DraftRequested,
    tickets.GiveFeedback: conversation.MessageView,
    tickets.ListTickets: tickets.TicketPage,
    tickets.GetTicket: tickets.TicketThread,
}

#: Contracts that are neither a message nor an answer.
OTHERS: dict[str, type[Contract]] = {
    "envelope": Envelope,
    "reply": Reply,
    "frame": Frame,
    "connection_secrets": delivery.ConnectionSecrets,
}

#: Named here so that importing them has a visible use: each declares messages.
MODULES = (
    ai,
    assignment,
    audit,
    chatbots,
    connections,
    contacts,
    conversation,
    delivery,
    drafts,
    directory,
    erasure,
    exporting,
    files,
    gateway,
    improving,
    knowledge,
    media,
    media,
    inbound,
    messages,
    notes,
    notification_settings,
    notify,
    people,
    presence,
    organising,
    read_marks,
    reading,
    scheduling,
    snoozing,
    starting,
    statistics,
    suggestions,
    templates,
    tickets,
    workflow,
)


def contracts() -> dict[str, type[Contract]]:
    """Every contract by the name of its schema file: a message's is its type."""
    declared = {module.__name__ for module in MODULES}
    messages = {name: model for name, model in REGISTER.items() if model.__module__ in declared}
    answers = {f"{message.type}.answer": answer for message, answer in ANSWERS.items()}
    return dict(sorted({**messages, **answers, **OTHERS}.items()))


def schema_of(name: str, model: type[Contract]) -> dict[str, Any]:
    """One contract's JSON Schema: what a consumer accepts."""
    return {"$schema": DIALECT, "$id": f"{name}.json", **model.model_json_schema(mode="validation")}


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schemas of everything, by name."""
    return {name: schema_of(name, model) for name, model in contracts().items()}
