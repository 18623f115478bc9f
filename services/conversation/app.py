"""Puts the conversation service together; the only file that sees all of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from libs.contracts import topology
from libs.contracts.assignment import AssignWaiting
from libs.contracts.audit import ListAudit, RecordAction
from libs.contracts.base import Message
from libs.contracts.chatbots import (
    CreateChatbot,
    DeleteChatbot,
    GetChatbot,
    ListChatbots,
    UpdateChatbot,
)
from libs.contracts.contacts import (
    GetContact,
    ListContacts,
    MergeContacts,
    MoveToContact,
    RenameContact,
    UpdateContact,
)
from libs.contracts.conversation import (
    AcknowledgeMessage,
    ChangeStatus,
    EventsAfter,
    ExpireAnswer,
    FindConversation,
    GetPerson,
    HandOffConversation,
    PostBotReply,
    PostReply,
    RecordInboundMessage,
    RegisterAccount,
    RegisterChatbot,
    RegisterPerson,
    SkipAnswer,
)
from libs.contracts.delivery import ReplyFailed, ReplySent, ReplyUnknown
from libs.contracts.directory import (
    CreateDepartment,
    DeleteDepartment,
    GetAccount,
    UpdateAccount,
    UpdateDepartment,
)
from libs.contracts.drafts import DeleteDraft, GetDraft, SaveDraft
from libs.contracts.envelope import Envelope
from libs.contracts.erasure import AcknowledgeErasure, EraseContact, EraseConversation, GetErasure
from libs.contracts.exporting import ExportContact
from libs.contracts.files import GetFile
from libs.contracts.improving import GetChatbotProfile
from libs.contracts.inbound import MatchReceipt, MoveThread, RecordReceipt, TakeOverThread
from libs.contracts.labels import (
    CreateLabel,
    DeleteLabel,
    ListLabels,
    RelabelConversations,
    ReplaceLabel,
    UpdateLabel,
)
from libs.contracts.media import RecordFiles
from libs.contracts.merging import MergeConversations
from libs.contracts.messages import GetMessage, RetryMessage, WriteToContact
from libs.contracts.notes import AddNote, DeleteNote, ListNotes
from libs.contracts.organising import LabelConversation, SetPriority
from libs.contracts.people import (
    CreatePerson,
    DeletePerson,
    FindPerson,
    ListPeople,
    ReleaseConversation,
    UpdatePerson,
)
from libs.contracts.platform_console import FollowThreadStatus, RecordConsoleReply
from libs.contracts.presence import ExpirePresence, GetPresence, ReportPresence
from libs.contracts.read_marks import MarkRead, ReadMessages
from libs.contracts.reading import GetConversation, ListConversations
from libs.contracts.scheduling import (
    CancelScheduledReply,
    ListScheduledReplies,
    ScheduleReply,
    SendScheduledReply,
)
from libs.contracts.snoozing import SnoozeConversation, UnsnoozeConversation, WakeConversation
from libs.contracts.starting import StartConversation
from libs.contracts.statistics import GetStatistics
from libs.contracts.suggestions import (
    ApproveSuggestion,
    GetSuggestion,
    RecordSuggestion,
    RegenerateSuggestion,
    RejectSuggestion,
)
from libs.contracts.templates import (
    CreateTemplate,
    DeleteTemplate,
    GetTemplate,
    ListTemplates,
    RenderTemplate,
    UpdateTemplate,
)
from libs.contracts.tickets import (
    AssignTicket,
    CloseTicket,
    GetTicket,
    GiveFeedback,
    ListTickets,
    OpenTicket,
    PostTicketMessage,
    ResolveTicket,
    SuggestResponse,
)
from libs.contracts.workflow import (
    ArchiveConversation,
    AssignConversation,
    CloseConversation,
    ReopenConversation,
    ResolveConversation,
    ReturnConversationToAI,
    TransferConversation,
    UnarchiveConversation,
)
from libs.runtime import deduplication, outbox
from libs.runtime.consuming import Consumers
from libs.runtime.foundation import Foundation
from libs.runtime.ids import new_id
from libs.runtime.lease import Lease
from libs.runtime.mongo import Session, Store
from libs.runtime.service import Service
from services.conversation.adapters import mongo_tallies
from services.conversation.adapters.chatbot_cache import ChatbotCache
from services.conversation.adapters.mongo_audit import INDEXES as AUDIT_INDEXES
from services.conversation.adapters.mongo_audit import MongoAudit
from services.conversation.adapters.mongo_contacts import MongoContactReads
from services.conversation.adapters.mongo_conversations import MongoConversations
from services.conversation.adapters.mongo_directory_reads import MongoDirectoryReads
from services.conversation.adapters.mongo_erasures import MongoErasureReads
from services.conversation.adapters.mongo_exports import MongoExports
from services.conversation.adapters.mongo_indexes import INDEXES
from services.conversation.adapters.mongo_labels import INDEXES as LABEL_INDEXES
from services.conversation.adapters.mongo_labels import MongoLabelReads
from services.conversation.adapters.mongo_notes import MongoNoteReads
from services.conversation.adapters.mongo_part import Records
from services.conversation.adapters.mongo_presence import MongoPresence
from services.conversation.adapters.mongo_schedule import MongoScheduleReads
from services.conversation.adapters.mongo_searches import MongoSearches
from services.conversation.adapters.mongo_tallies import MongoTallies
from services.conversation.adapters.mongo_templates import MongoTemplateReads
from services.conversation.adapters.mongo_timers import MongoTimers
from services.conversation.adapters.mongo_transaction import MongoTransaction
from services.conversation.domain.policy import OFFERED
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.entrypoints.queries import QueryCase, query_routes
from services.conversation.entrypoints.subscribers import PartitionRoutes, UseCase, lock_key
from services.conversation.settings import ConversationSettings
from services.conversation.use_cases.acknowledge_message import acknowledge_message
from services.conversation.use_cases.add_note import NoteOnConversation
from services.conversation.use_cases.approve_suggestion import ApproveAsReply
from services.conversation.use_cases.assign_conversation import assign_conversation
from services.conversation.use_cases.assign_waiting import assign_waiting
from services.conversation.use_cases.cancel_scheduled_reply import cancel_scheduled_reply
from services.conversation.use_cases.change_status import change_status
from services.conversation.use_cases.create_chatbot import create_chatbot
from services.conversation.use_cases.create_department import create_department
from services.conversation.use_cases.create_person import create_person
from services.conversation.use_cases.delete_chatbot import delete_chatbot
from services.conversation.use_cases.delete_department import delete_department
from services.conversation.use_cases.delete_note import delete_note
from services.conversation.use_cases.delete_person import delete_person
from services.conversation.use_cases.erase_contact import (
    BeginErasure,
    GetErasureForAdmin,
    acknowledge_erasure,
    erase_conversation,
)
from services.conversation.use_cases.events_after import GetEventsAfter
from services.conversation.use_cases.expire_answer import ExpireUnanswered
from services.conversation.use_cases.expire_presence import expire_presence
from services.conversation.use_cases.export_contact import ExportContactForAdmin
from services.conversation.use_cases.find_conversation import FindForListener
from services.conversation.use_cases.follow_thread_status import follow_thread_status
from services.conversation.use_cases.get_account import GetAccountForPerson
from services.conversation.use_cases.get_chatbot_profile import GetChatbotProfileOfConversation
from services.conversation.use_cases.get_conversation import GetThread
from services.conversation.use_cases.get_file import GetFileOfConversation
from services.conversation.use_cases.get_message import GetMessageOfConversation
from services.conversation.use_cases.get_person import GetPersonOfAccount
from services.conversation.use_cases.get_presence import GetPresenceOfTeam
from services.conversation.use_cases.get_statistics import GetStatisticsOfAccount
from services.conversation.use_cases.get_suggestion import GetSuggestionOfConversation
from services.conversation.use_cases.get_ticket import GetTicketThread
from services.conversation.use_cases.give_feedback import give_feedback
from services.conversation.use_cases.hand_off_conversation import HandOff
from services.conversation.use_cases.keep_draft import GetOwnDraft, delete_draft, save_draft
from services.conversation.use_cases.keep_labels import (
    ListLabelsForPerson,
    create_label,
    delete_label,
    relabel_conversations,
    replace_label,
    update_label,
)
from services.conversation.use_cases.keep_templates import WriteTemplate, delete_template, update_template
from services.conversation.use_cases.label_conversation import label_conversation
from services.conversation.use_cases.list_audit import ListAuditForAdmin
from services.conversation.use_cases.list_conversations import ListForPerson
from services.conversation.use_cases.list_notes import ListNotesForPerson
from services.conversation.use_cases.list_scheduled_replies import ListScheduledForPerson
from services.conversation.use_cases.list_tickets import ListTicketsForPerson
from services.conversation.use_cases.mark_read import mark_conversation_read
from services.conversation.use_cases.match_receipt import match_receipt
from services.conversation.use_cases.merge_contacts import merge_contacts, move_to_contact
from services.conversation.use_cases.merge_conversations import Merge
from services.conversation.use_cases.move_conversation import Move
from services.conversation.use_cases.move_thread import FollowMove
from services.conversation.use_cases.open_ticket import OpenTicketOfUser
from services.conversation.use_cases.post_bot_reply import PostAnswer
from services.conversation.use_cases.post_reply import PostReplyToContact
from services.conversation.use_cases.post_ticket_message import PostInTicket
from services.conversation.use_cases.read_chatbots import GetChatbotForAdmin, ListChatbotsForAdmin
from services.conversation.use_cases.read_contacts import GetContactForPerson, ListContactsForPerson
from services.conversation.use_cases.read_messages import read_messages
from services.conversation.use_cases.read_people import FindPersonForAdmin, ListPeopleForAdmin
from services.conversation.use_cases.read_templates import (
    GetTemplateForPerson,
    ListTemplatesForPerson,
    RenderForPerson,
)
from services.conversation.use_cases.record_action import record_action
from services.conversation.use_cases.record_console_reply import RecordConsole
from services.conversation.use_cases.record_delivery import record_delivery
from services.conversation.use_cases.record_files import record_files
from services.conversation.use_cases.record_inbound_message import RecordInbound
from services.conversation.use_cases.record_receipt import record_receipt
from services.conversation.use_cases.record_suggestion import record_suggestion
from services.conversation.use_cases.regenerate_suggestion import Regenerate
from services.conversation.use_cases.register_account import register_account
from services.conversation.use_cases.register_chatbot import register_chatbot
from services.conversation.use_cases.register_person import register_person
from services.conversation.use_cases.reject_suggestion import reject_suggestion
from services.conversation.use_cases.release_conversation import release_conversation
from services.conversation.use_cases.report_presence import report_presence
from services.conversation.use_cases.retry_message import retry_message
from services.conversation.use_cases.schedule_reply import ScheduleForLater
from services.conversation.use_cases.search_conversations import SearchConversations
from services.conversation.use_cases.send_scheduled_reply import SendScheduled
from services.conversation.use_cases.set_priority import set_priority
from services.conversation.use_cases.settle_ticket import assign_ticket, close_ticket, resolve_ticket
from services.conversation.use_cases.skip_answer import skip_answer
from services.conversation.use_cases.snooze_conversation import snooze_conversation
from services.conversation.use_cases.start_conversation import StartByAgent
from services.conversation.use_cases.suggest_response import SuggestForAssignee
from services.conversation.use_cases.take_over_thread import take_over_thread
from services.conversation.use_cases.transfer_conversation import transfer_conversation
from services.conversation.use_cases.update_account import update_account
from services.conversation.use_cases.update_chatbot import update_chatbot
from services.conversation.use_cases.update_contact import rename_contact, update_contact
from services.conversation.use_cases.update_department import update_department
from services.conversation.use_cases.update_person import update_person
from services.conversation.use_cases.wake_conversation import unsnooze_conversation, wake_conversation
from services.conversation.use_cases.write_to_contact import WriteAsPerson

NAME = "conversation"

_MOVES = {
    ReturnConversationToAI: StatusCommand.RETURN_TO_AI,
    ResolveConversation: StatusCommand.RESOLVE,
    CloseConversation: StatusCommand.CLOSE,
    ReopenConversation: StatusCommand.REOPEN,
    ArchiveConversation: StatusCommand.ARCHIVE,
    UnarchiveConversation: StatusCommand.UNARCHIVE,
}

_DIRECTORY: Mapping[type[Message], UseCase] = {
    UpdateAccount: update_account,
    CreateDepartment: create_department,
    UpdateDepartment: update_department,
    DeleteDepartment: delete_department,
    CreateChatbot: create_chatbot,
    UpdateChatbot: update_chatbot,
    DeleteChatbot: delete_chatbot,
    RecordAction: record_action,
    CreatePerson: create_person,
    UpdatePerson: update_person,
    DeletePerson: delete_person,
    ReportPresence: report_presence,
    ExpirePresence: expire_presence,
    AssignWaiting: assign_waiting,
    MarkRead: mark_conversation_read,
    ReadMessages: read_messages,
    ReleaseConversation: release_conversation,
    CreateLabel: create_label,
    UpdateLabel: update_label,
    DeleteLabel: delete_label,
    RelabelConversations: relabel_conversations,
    ReplaceLabel: replace_label,
}


async def build(settings: ConversationSettings) -> Service:
    """The service, ready to run."""
    foundation = Foundation(
        NAME, settings, indexes={**INDEXES, **mongo_tallies.INDEXES, **AUDIT_INDEXES, **LABEL_INDEXES}
    )
    erasures = MongoErasureReads(foundation.store, foundation.publisher, settings.timer_poll_seconds)
    foundation.service.background(erasures.run)
    lease = Lease(foundation.store, "tallies", settings.instance)
    tallies = MongoTallies(foundation.store, lease, settings.tally_poll_seconds)
    foundation.service.background(tallies.run)
    presence = MongoPresence(foundation.store, foundation.publisher, settings.presence_poll_seconds)
    foundation.service.background(presence.run)
    _subscribe(
        foundation.consumers, foundation.store, foundation.outbox, settings, erasures, tallies, presence
    )
    timers = MongoTimers(foundation.store, foundation.publisher, settings.timer_poll_seconds)
    foundation.service.background(timers.run)
    return foundation.start_consuming()


def _subscribe(
    consumers: Consumers,
    store: Store,
    events: outbox.Outbox,
    settings: ConversationSettings,
    erasures: MongoErasureReads,
    tallies: MongoTallies,
    presence: MongoPresence,
) -> None:
    records, chatbots = Records(store), ChatbotCache(settings.chatbot_cache_seconds)

    def open_transaction(session: Session, cause: Envelope, now: datetime) -> MongoTransaction:
        return MongoTransaction(records, events, chatbots, session, cause, now)

    inbound = RecordInbound(new_id, timedelta(seconds=settings.answer_seconds))
    routes = PartitionRoutes(
        deduplication.Deduplication(store, NAME), events, open_transaction, MongoAudit(store)
    )
    consumers.partitions(
        [topology.conversation_partition_queue(name) for name in topology.partition_names("p")],
        routes.of(
            commands(inbound, settings),
            again={
                RecordInboundMessage: inbound.again,
                PostTicketMessage: PostInTicket(new_id, inbound).again,
                RecordConsoleReply: RecordConsole(new_id).again,
            },
        ),
        prefetch=settings.partition_prefetch,
        lock_key=lock_key,
    )
    consumers.work_queue(
        topology.CONVERSATION_MATCH_RECEIPT, routes.of({MatchReceipt: match_receipt}, again={})
    )
    conversations = MongoConversations(store, events, count_seconds=settings.count_cache_seconds)
    contacts = MongoContactReads(store)
    search = SearchConversations(MongoSearches(store), contacts)
    directory = MongoDirectoryReads(store)
    consumers.queries(
        NAME,
        query_routes(
            {
                **organising_queries(conversations, store),
                **directory_queries(directory, presence),
                **queries(conversations, search, directory),
                **contact_queries(contacts, erasures),
                GetStatistics: GetStatisticsOfAccount(tallies),
                ListAudit: ListAuditForAdmin(MongoAudit(store)),
            }
        ),
        prefetch=settings.query_prefetch,
    )


def commands(inbound: RecordInbound, settings: ConversationSettings) -> Mapping[type[Message], UseCase]:
    """What arrives in the partitions, each with what takes it."""
    return {
        RecordInboundMessage: inbound,
        PostReply: PostReplyToContact(new_id),
        PostBotReply: PostAnswer(new_id),
        SkipAnswer: skip_answer,
        HandOffConversation: HandOff(new_id),
        ChangeStatus: change_status,
        **{kind: Move(command, OFFERED[command]) for kind, command in _MOVES.items()},
        AssignConversation: assign_conversation,
        LabelConversation: label_conversation,
        SetPriority: set_priority,
        AddNote: NoteOnConversation(new_id),
        DeleteNote: delete_note,
        CreateTemplate: WriteTemplate(new_id),
        UpdateTemplate: update_template,
        DeleteTemplate: delete_template,
        SaveDraft: save_draft,
        DeleteDraft: delete_draft,
        SnoozeConversation: snooze_conversation,
        UnsnoozeConversation: unsnooze_conversation,
        WakeConversation: wake_conversation,
        ScheduleReply: ScheduleForLater(new_id),
        CancelScheduledReply: cancel_scheduled_reply,
        SendScheduledReply: SendScheduled(new_id),
        WriteToContact: WriteAsPerson(new_id),
        RetryMessage: retry_message,
        RecordFiles: record_files,
        RecordSuggestion: record_suggestion,
        ApproveSuggestion: ApproveAsReply(new_id),
        RejectSuggestion: reject_suggestion,
        RegenerateSuggestion: Regenerate(new_id),
        TransferConversation: transfer_conversation,
        AcknowledgeMessage: acknowledge_message,
        ExpireAnswer: ExpireUnanswered(new_id, settings.unavailable_notice),
        RegisterAccount: register_account,
        RegisterPerson: register_person,
        RegisterChatbot: register_chatbot,
        StartConversation: StartByAgent(new_id),
        EraseContact: BeginErasure(new_id),
        EraseConversation: erase_conversation,
        AcknowledgeErasure: acknowledge_erasure,
        MergeContacts: merge_contacts,
        MergeConversations: Merge(inbound),
        MoveToContact: move_to_contact,
        UpdateContact: update_contact,
        RenameContact: rename_contact,
        OpenTicket: OpenTicketOfUser(new_id, inbound),
        AssignTicket: assign_ticket,
        ResolveTicket: resolve_ticket,
        CloseTicket: close_ticket,
        PostTicketMessage: PostInTicket(new_id, inbound),
        SuggestResponse: SuggestForAssignee(new_id),
        GiveFeedback: give_feedback,
        **_DIRECTORY,
        RecordReceipt: record_receipt,
        MoveThread: FollowMove(new_id),
        TakeOverThread: take_over_thread,
        FollowThreadStatus: follow_thread_status,
        RecordConsoleReply: RecordConsole(new_id),
        ReplySent: record_delivery,
        ReplyFailed: record_delivery,
        ReplyUnknown: record_delivery,
    }


def queries(
    conversations: MongoConversations, search: SearchConversations, directory: MongoDirectoryReads
) -> Mapping[type[Message], QueryCase]:
    """What can be asked, each with what answers it."""
    return {
        ListConversations: ListForPerson(conversations, search),
        GetConversation: GetThread(conversations),
        GetFile: GetFileOfConversation(conversations, conversations),
        GetMessage: GetMessageOfConversation(conversations, conversations),
        GetSuggestion: GetSuggestionOfConversation(conversations, conversations),
        GetChatbotProfile: GetChatbotProfileOfConversation(conversations, directory),
        FindConversation: FindForListener(conversations),
        GetPerson: GetPersonOfAccount(conversations),
        EventsAfter: GetEventsAfter(conversations),
        ListTickets: ListTicketsForPerson(conversations),
        GetTicket: GetTicketThread(GetThread(conversations)),
    }


def organising_queries(conversations: MongoConversations, store: Store) -> Mapping[type[Message], QueryCase]:
    """The same about what people keep beside conversations."""
    templates, contacts = MongoTemplateReads(store), MongoContactReads(store)
    return {
        ListLabels: ListLabelsForPerson(MongoLabelReads(store)),
        ListTemplates: ListTemplatesForPerson(templates),
        GetTemplate: GetTemplateForPerson(templates),
        RenderTemplate: RenderForPerson(templates, conversations, contacts),
        GetDraft: GetOwnDraft(conversations, templates),
        ExportContact: ExportContactForAdmin(contacts, MongoExports(store)),
        ListNotes: ListNotesForPerson(conversations, MongoNoteReads(store)),
        ListScheduledReplies: ListScheduledForPerson(conversations, MongoScheduleReads(store)),
    }


def contact_queries(
    contacts: MongoContactReads, erasures: MongoErasureReads
) -> Mapping[type[Message], QueryCase]:
    """The same about contacts."""
    return {
        ListContacts: ListContactsForPerson(contacts),
        GetContact: GetContactForPerson(contacts),
        GetErasure: GetErasureForAdmin(erasures),
    }


def directory_queries(
    directory: MongoDirectoryReads, presence: MongoPresence
) -> Mapping[type[Message], QueryCase]:
    """The same about the account and its people."""
    return {
        GetAccount: GetAccountForPerson(directory),
        ListChatbots: ListChatbotsForAdmin(directory),
        GetChatbot: GetChatbotForAdmin(directory),
        ListPeople: ListPeopleForAdmin(directory),
        FindPerson: FindPersonForAdmin(directory),
        GetPresence: GetPresenceOfTeam(presence, directory),
    }
