"""One Postmark server of the stand-in: what it sends, and to whom no more."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from libs.standins.faults import Fault
from libs.standins.http_api import JsonObject, Operation, RefusedError, json_answer
from libs.standins.party import Party
from libs.standins.poster import PostResult
from libs.standins.postmark import errors
from libs.standins.postmark.checks import addresses_of, check_mail, recipients_of, text_of
from libs.standins.postmark.errors import inactive, refused
from libs.standins.postmark.people import People
from libs.standins.webhooks import Posting, by_schedule
from libs.standins.wire import Answer

MAX_BATCH = 500
#: Pauses of redelivery: 1, 5, 10, 10, 10, 15, 30 minutes, 1, 2, 6 hours.
PAUSES_S = tuple(60.0 * minutes for minutes in (1, 5, 10, 10, 10, 15, 30, 60, 120, 360))


def react(result: PostResult, attempts: int) -> bool | float:
    """Postmark takes exactly 200 for an ack, and 403 for "never again"."""
    if result.status == 403:
        return False
    return by_schedule(PAUSES_S, attempts, acked=result.status == 200)


@dataclass(slots=True)
class Settings:
    """What the owner of the server set up at Postmark."""

    token: str = field(repr=False)
    #: Addresses or domains that mail may come from.
    senders: tuple[str, ...] = ()
    #: User and password for the webhooks stand in the addresses, as Postmark wants them.
    inbound_url: str | None = field(default=None, repr=False)
    tracking_url: str | None = field(default=None, repr=False)
    #: Headers that tracking webhooks carry besides.
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    #: Tracking events that follow a mail by themselves.
    events: tuple[str, ...] = ("Delivery",)


class PostmarkServer(Party):
    """A registered server. ``suppressed`` are addresses it writes to no more."""

    fault_kinds = errors.FAULT_KINDS

    def __init__(
        self, server_id: str, settings: Settings, *, speed_up: float, time_limit_s: float, keep: int
    ) -> None:
        super().__init__(server_id, react, speed_up=speed_up, time_limit_s=time_limit_s, keep=keep)
        self.settings = settings
        self.suppressed: set[str] = set()
        self.people = People(self)

    def as_json(self) -> JsonObject:
        """Return its settings, without secrets."""
        return {
            "senders": list(self.settings.senders),
            "events": list(self.settings.events),
            "suppressed": sorted(self.suppressed),
        }

    def wrong_answer(self, fault: Fault) -> Answer | None:
        """Return what a fault answers in place of the call."""
        return errors.wrong_answer(fault)

    def actions(self) -> Mapping[str, Callable[[Mapping[str, Any]], Posting | JsonObject]]:
        """Return what people can do."""
        return self.people.actions()

    def run(self, operation: Operation, fault: Fault | None) -> Answer:
        """Carry a call out. RefusedError."""
        if operation.name == "server":
            return json_answer(200, {"ID": int(self.id), "Name": "Stand-in", "Color": "blue"})
        testing = bool(operation.arguments.get("testing"))
        if operation.name == "email":
            return json_answer(200, self._send(operation.arguments["mail"], fault, testing=testing))
        return json_answer(
            200, [self._in_batch(mail, testing=testing) for mail in operation.arguments["mails"]]
        )

    def _in_batch(self, mail: Any, *, testing: bool) -> JsonObject:
        if not isinstance(mail, dict):
            return {"ErrorCode": 403, "Message": "Incompatible JSON"}
        try:
            return self._send(mail, None, testing=testing)
        except RefusedError as error:
            return {"ErrorCode": 300, "Message": str(error)}

    def _send(self, mail: JsonObject, fault: Fault | None, *, testing: bool) -> JsonObject:
        [sender] = addresses_of(mail, "From")[:1] or [""]
        known = {one.lower() for one in self.settings.senders}
        if not testing and sender not in known and sender.rpartition("@")[2] not in known:
            raise refused(400)
        addresses_of(mail, "ReplyTo")
        recipients = recipients_of(mail)
        check_mail(mail)
        stopped = [address for address in recipients if address in self.suppressed]
        if len(stopped) == len(recipients):
            raise refused(406, inactive(stopped))
        accepted: JsonObject = {
            "To": mail["To"],
            "SubmittedAt": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "MessageID": str(uuid.uuid4()),
            "ErrorCode": 0,
            "Message": "Test job accepted" if testing else "OK",
        }
        if not testing:
            self._deliver(
                mail, accepted["MessageID"], [one for one in recipients if one not in stopped], fault
            )
        kind = fault.kind if fault else ""
        if kind == "delayed":
            del accepted["ErrorCode"]
            accepted["Message"] = "Delivery may be delayed."
        if kind == "partly_inactive" and fault:
            stopped = [str(one) for one in fault.options.get("addresses", ["gone@sample.test"])]
        if stopped:
            accepted["Message"] = (
                f"Message OK, but will not deliver to these inactive addresses: {', '.join(stopped)}."
            )
        return accepted

    def _deliver(self, mail: JsonObject, message_id: str, recipients: list[str], fault: Fault | None) -> None:
        [to] = addresses_of(mail, "To")[:1]
        self.show(to, message_id, "email", text_of(mail), mail)
        if self.settings.tracking_url is None:
            return
        about = {"MessageID": message_id, "Tag": mail.get("Tag", ""), "Metadata": mail.get("Metadata") or {}}
        if fault and fault.kind == "bounce_later":
            kind = str(fault.options.get("type", "HardBounce"))
            self.people.track("Bounce", to, {**about, "Type": kind, "Subject": mail.get("Subject", "")})
            return
        for event in self.settings.events:
            for recipient in recipients:
                self.people.track(event, recipient, about)
