"""The collections of this service, and an index for each way they are read."""

from pymongo import ASCENDING, DESCENDING, IndexModel

from services.conversation.adapters.mongo_searches import BY_PART, BY_SUBJECT, BY_WORD

_NEWEST = [("updated_at", DESCENDING), ("_id", DESCENDING)]
_LATEST = [("created_at", DESCENDING), ("_id", DESCENDING)]

INDEXES: dict[str, list[IndexModel]] = {
    "conversations": [
        # A thread has one conversation; also finds a session on whichever connection.
        IndexModel(
            [("account_id", ASCENDING), ("session_id", ASCENDING), ("connection_id", ASCENDING)],
            name="one_a_thread",
            unique=True,
        ),
        # What is part of another conversation: few, looked up by id.
        IndexModel(
            [("account_id", ASCENDING), ("_id", ASCENDING), ("merged_into", ASCENDING)],
            name=BY_PART,
            partialFilterExpression={"merged_into": {"$exists": True}},
        ),
        # Lists. Each write moves an entry in every index that holds updated_at, so there are three of them:
        # a list over all statuses merges one scan a status.
        IndexModel([("account_id", ASCENDING), ("status", ASCENDING), *_NEWEST], name="list"),
        IndexModel(
            [("account_id", ASCENDING), ("status", ASCENDING), ("department", ASCENDING), *_NEWEST],
            name="list_of_department",
        ),
        IndexModel(
            [("account_id", ASCENDING), ("assignee_id", ASCENDING), *_NEWEST],
            name="list_of_assignee",
            partialFilterExpression={"assignee_id": {"$exists": True}},
        ),
        # What is handed off and nobody's: few, and walked from the oldest on.
        IndexModel(
            [("account_id", ASCENDING), ("waiting_since", ASCENDING), ("_id", ASCENDING)],
            name="waiting",
            partialFilterExpression={"waiting_since": {"$exists": True}},
        ),
        # Tickets are few among an account's conversations: their lists walk indexes of their own.
        IndexModel(
            [("account_id", ASCENDING), ("status", ASCENDING), ("department", ASCENDING), *_NEWEST],
            name="tickets_of_department",
            partialFilterExpression={"requester_id": {"$exists": True}},
        ),
        IndexModel(
            [("account_id", ASCENDING), ("requester_id", ASCENDING), *_NEWEST],
            name="tickets_of_requester",
            partialFilterExpression={"requester_id": {"$exists": True}},
        ),
        # In the order they began; these entries move when status or department change, not with each message.
        IndexModel([("account_id", ASCENDING), ("status", ASCENDING), *_LATEST], name="begun"),
        IndexModel(
            [("account_id", ASCENDING), ("status", ASCENDING), ("department", ASCENDING), *_LATEST],
            name="begun_of_department",
        ),
        IndexModel(
            [("account_id", ASCENDING), ("assignee_id", ASCENDING), *_LATEST],
            name="begun_of_assignee",
            partialFilterExpression={"assignee_id": {"$exists": True}},
        ),
        # Few are put aside.
        IndexModel(
            [("account_id", ASCENDING), ("status", ASCENDING), *_NEWEST],
            name="list_of_snoozed",
            partialFilterExpression={"snoozed_until": {"$exists": True}},
        ),
        # Few conversations are labelled, and a label's are fewer: they have a walk of their own.
        IndexModel(
            [("account_id", ASCENDING), ("labels", ASCENDING), *_NEWEST],
            name="list_of_label",
            partialFilterExpression={"labels": {"$exists": True}},
        ),
        IndexModel(
            [("account_id", ASCENDING), ("subject_words", ASCENDING), ("created_at", DESCENDING)],
            name=BY_SUBJECT,
            partialFilterExpression={"subject_words": {"$exists": True}},
        ),
        # The old and new names of threads that moved.
        IndexModel(
            [("account_id", ASCENDING), ("further_sessions", ASCENDING)],
            name="moved_threads",
            partialFilterExpression={"further_sessions": {"$exists": True}},
        ),
        # A contact has few conversations; they are sorted after they are found.
        IndexModel([("account_id", ASCENDING), ("contact.id", ASCENDING)], name="list_of_contact"),
    ],
    "messages": [
        # What is on its way out: few at any time.
        IndexModel(
            [("account_id", ASCENDING), ("connection_id", ASCENDING)],
            name="queued",
            partialFilterExpression={"delivery": "queued"},
        ),
        IndexModel([("conversation_id", ASCENDING), ("sequence", ASCENDING)], name="in_thread", unique=True),
        # The platform's own id of a delivery: a second one is stopped here, in the transaction.
        IndexModel(
            [("account_id", ASCENDING), ("connection_id", ASCENDING), ("delivery_id", ASCENDING)],
            name="once_delivered",
            unique=True,
            partialFilterExpression={"delivery_id": {"$exists": True}},
        ),
        IndexModel([("conversation_id", ASCENDING), ("external_ids", ASCENDING)], name="by_external_id"),
        # Receipts, and mails that answer mails, name a message and no conversation.
        IndexModel(
            [("account_id", ASCENDING), ("connection_id", ASCENDING), ("external_ids", ASCENDING)],
            name="traced",
            partialFilterExpression={"traced": True},
        ),
        # Written once with the message and never moved; a word's newest messages stand together.
        IndexModel(
            [("account_id", ASCENDING), ("words", ASCENDING), ("created_at", DESCENDING)],
            name=BY_WORD,
            partialFilterExpression={"words": {"$exists": True}},
        ),
        # Few messages have files. The filter is written so that looking for one name implies it.
        IndexModel(
            [
                ("account_id", ASCENDING),
                ("conversation_id", ASCENDING),
                ("attachments.file_id", ASCENDING),
            ],
            name="by_file",
            partialFilterExpression={"attachments.file_id": {"$gt": ""}},
        ),
    ],
    "transitions": [IndexModel([("conversation_id", ASCENDING), ("version", DESCENDING)], name="in_thread")],
    "suggestions": [
        IndexModel([("conversation_id", ASCENDING), ("created_at", DESCENDING)], name="of_conversation"),
        IndexModel("sent_as", name="by_message", sparse=True),
        IndexModel("analysis.similar.conversation_id", name="by_similar", sparse=True),
    ],
    "contacts": [
        IndexModel(
            [("account_id", ASCENDING), ("connection_id", ASCENDING), ("alias", ASCENDING)],
            name="one_an_alias",
            unique=True,
        ),
        # Searches by prefix: one on what the channel calls them, one on everything else.
        IndexModel([("account_id", ASCENDING), ("name_keys", ASCENDING)], name="by_name"),
        IndexModel([("account_id", ASCENDING), ("keys", ASCENDING)], name="by_key"),
        IndexModel([("account_id", ASCENDING), ("_id", ASCENDING)], name="list"),
        IndexModel(
            [("account_id", ASCENDING), ("merged_into", ASCENDING)],
            name="merged",
            partialFilterExpression={"merged_into": {"$exists": True}},
        ),
    ],
    "erasures": [
        IndexModel([("account_id", ASCENDING), ("contact_ids", ASCENDING)], name="of_contact"),
        IndexModel("next_attempt_at", name="due", partialFilterExpression={"open": True}),
    ],
    "chatbots": [IndexModel([("account_id", ASCENDING), ("_id", ASCENDING)], name="list")],
    "people": [
        IndexModel([("account_id", ASCENDING), ("_id", ASCENDING)], name="list"),
        IndexModel([("account_id", ASCENDING), ("address", ASCENDING)], name="by_address"),
    ],
    "accounts": [],
    "loads": [],
    "presence": [
        IndexModel([("account_id", ASCENDING), ("person_id", ASCENDING)], name="of_person"),
        IndexModel("until", name="ends"),
    ],
    # Their ids sort by time.
    "notes": [IndexModel([("conversation_id", ASCENDING), ("_id", DESCENDING)], name="of_conversation")],
    "scheduled": [IndexModel([("conversation_id", ASCENDING), ("_id", DESCENDING)], name="of_conversation")],
    "templates": [
        IndexModel([("account_id", ASCENDING), ("_id", ASCENDING)], name="of_account"),
        IndexModel(
            [("account_id", ASCENDING), ("shortcut", ASCENDING)],
            name="one_a_shortcut",
            unique=True,
            partialFilterExpression={"shortcut": {"$exists": True}},
        ),
    ],
    # An erasure finds them by their conversation.
    "drafts": [IndexModel("conversation_id", name="of_conversation")],
    "timers": [IndexModel("due_at", name="due")],
}
