"""Files over REST and in frames, on the application in memory."""

from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from libs.contracts.contacts import ContactAlias
from libs.contracts.conversation import FoundConversation
from libs.contracts.erasure import ErasePerson
from libs.contracts.errors import DomainError
from libs.contracts.files import NewFile, owned_by_contact, owned_by_conversation
from libs.contracts.messages import WriteToContact
from libs.contracts.vocabulary import ActorKind, MessageKind
from libs.runtime.clock import now
from services.gateway.adapters.expired_files import ExpiredFiles
from services.gateway.domain.byte_ranges import NoSuchPartError, Part, part_of
from services.gateway.domain.chat_frames import read_chat_frame
from services.gateway.domain.client_frames import read_visitor_frame
from services.gateway.domain.uploads import check_taken, clean_filename, served_type, shown_inline
from services.gateway.entrypoints.subscribers import forget_files
from services.gateway.use_cases.attach_files import AttachFiles
from tests.unit.gateway.conftest import Site, make_site
from tests.unit.gateway.samples import ACCOUNT, ANA, REQUESTER, conversation, message
from tests.unit.gateway.test_http import check_error
from tests.unit.runtime.in_memory_blobs import InMemoryBlobs

REF = conversation()
UPLOADS = f"/api/v1/conversations/{REF.id}/attachments"
REPLY = f"/api/v1/conversations/{REF.id}/reply"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100


@pytest.fixture
def open_site(site: Site) -> Site:
    """A site whose one conversation everybody sees."""
    site.book.found[REF.id] = FoundConversation(conversation=REF)
    return site


async def upload(
    site: Site, content: bytes = PNG, name: str = "kettle.png", path: str = UPLOADS, **headers: str
) -> Any:
    files = {"file": (name, content, "image/png")}
    return await site.client.post(path, files=files, headers={**site.bearer(), **headers})


async def raw(site: Site, body: bytes | AsyncIterator[bytes], kind: str = "multipart/form-data; boundary=x"):
    headers = site.bearer() | {"Content-Type": kind}
    return await site.client.post(UPLOADS, content=body, headers=headers)


def form(content: bytes = PNG, name: str = "file", head: str = "") -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"; filename="a.png"\r\n{head}\r\n'
    return b"--x\r\n" + disposition.encode() + content + b"\r\n--x--\r\n"


async def stored(site: Site, owner: str = owned_by_conversation(REF.id), **parts: Any) -> str:
    async def chunks() -> AsyncIterator[bytes]:
        yield PNG

    given: dict[str, Any] = {
        "id": "f1",
        "account_id": ACCOUNT,
        "owner": owner,
        "content_type": "image/png",
        "created_at": now(),
        "filename": "kéttle.png",
        "expires_at": now() + timedelta(hours=1),
    }
    file = await site.files.put(NewFile(**given | parts), chunks(), most_bytes=1_000_000)
    site.queries.result = file.attachment().model_dump()
    return file.id


# --- uploading ------------------------------------------------------------------------------------------


async def test_a_file_is_uploaded_and_waits_for_a_message(open_site: Site):
    answer = await upload(open_site)
    body = answer.json()
    assert answer.status_code == 201, body
    assert (body["kind"], body["filename"], body["content_type"]) == ("image", "kettle.png", "image/png")
    assert body["size"] == len(PNG)
    kept = await open_site.files.find(ACCOUNT, body["id"])
    assert kept is not None
    assert kept.owner == owned_by_conversation(REF.id)
    assert kept.expires_at is not None
    assert await open_site.files.find("another", body["id"]) is None


async def test_the_same_key_is_the_same_file_and_another_file_under_it_is_refused(open_site: Site):
    key = {"Idempotency-Key": "k1"}
    first = (await upload(open_site, **key)).json()
    assert (await upload(open_site, **key)).json() == first
    check_error(await upload(open_site, PNG + b"x", **key), 422, "idempotency_key_reused")
    assert len(open_site.files.files) == 1


async def test_a_conversation_that_is_not_seen_takes_no_file(site: Site):
    check_error(await upload(site), 404, "not_found")
    anonymous = await site.client.post(UPLOADS, files={"file": ("a", b"x")})
    check_error(anonymous, 401, "unauthenticated")
    assert not site.files.files


async def test_what_is_no_file_for_people_is_refused(open_site: Site):
    for content in (
        b"MZ" + b"\0" * 99,
        b"<html><script>x</script>",
        b"<svg onload=x>",
        b"#!/bin/sh",
        b"\1\2",
    ):
        answer = await upload(open_site, content, "holiday.png")
        check_error(answer, 415, "unsupported_media_type")
    check_error(await upload(open_site, b""), 422, "invalid")
    assert not open_site.files.files


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{}", "application/json", 415, "unsupported_media_type"),
        (b"", "multipart/form-data", 415, "unsupported_media_type"),
        (b"--x--\r\n", "multipart/form-data; boundary=x", 422, "invalid"),
        (b"", "multipart/form-data; boundary=x", 422, "invalid"),
        (b"nonsense", "multipart/form-data; boundary=x", 400, "unreadable"),
        (form()[:-8], "multipart/form-data; boundary=x", 400, "unreadable"),
        (form(name="other"), "multipart/form-data; boundary=x", 422, "invalid"),
        (form()[:-4] + b"\r\n" + form(), "multipart/form-data; boundary=x", 422, "invalid"),
        (form(head="X: " + "y" * 9_000 + "\r\n"), "multipart/form-data; boundary=x", 400, "unreadable"),
        (form(), "multipart/form-data; boundary=" + "x" * 300, 400, "unreadable"),
    ],
)
async def test_a_form_that_is_not_one_file_is_refused(
    open_site: Site, body: bytes, kind: str, status: int, code: str
):
    check_error(await raw(open_site, body, kind), status, code)
    assert not open_site.files.files


@pytest.mark.parametrize(("times", "piece"), [(1, 1), (1_000, 777)])
async def test_a_form_in_pieces_is_read(open_site: Site, times: int, piece: int):
    async def pieces() -> AsyncIterator[bytes]:
        whole = form(b"just words\r\n--" * times, head="Content-Type: text/csv\r\n")
        for at in range(0, len(whole), piece):
            yield whole[at : at + piece]

    answer = await raw(open_site, pieces())
    assert answer.status_code == 201, answer.text
    assert (answer.json()["content_type"], answer.json()["size"]) == ("text/csv", 14 * times)


async def test_a_file_that_is_too_large_is_refused_and_nothing_is_left():
    site = make_site(file_bytes=1024)
    site.book.found[REF.id] = FoundConversation(conversation=REF)
    check_error(await upload(site), 413, "too_large")
    check_error(await upload(site, PNG * 10), 413, "too_large")  # announced: not even read
    assert not site.files.files
    assert (await upload(site, PNG[:1024])).status_code == 201


async def test_other_bodies_keep_their_own_bound():
    site = make_site(body_bytes=1024)
    site.book.found[REF.id] = FoundConversation(conversation=REF)
    check_error(
        await site.client.post(REPLY, json={"body": "x" * 2000}, headers=site.bearer()), 413, "too_large"
    )
    assert (await upload(site)).status_code == 201


async def test_uploads_are_limited():
    site = make_site(uploads_per_caller=1)
    site.book.found[REF.id] = FoundConversation(conversation=REF)
    assert (await upload(site)).status_code == 201
    answer = await upload(site)
    check_error(answer, 429, "rate_limited")
    assert int(answer.headers["retry-after"]) > 0


async def test_a_visitor_uploads_for_their_own_thread(site: Site):
    headers = {"Authorization": f"Bearer {site.visitor_token('v1')}"}
    path = "/api/v1/widget/attachments"
    answer = await site.client.post(path, files={"file": ("a.png", PNG)}, headers=headers)
    assert answer.status_code == 201
    file = await site.files.find(ACCOUNT, answer.json()["id"])
    assert file is not None
    assert file.owner == owned_by_contact("conn-web", "v1")
    site.queries.result = file.attachment().model_dump()
    read = await site.client.get(f"{path}/{file.id}", headers=headers)
    assert read.content == PNG
    (asked,) = [query for _, query in site.queries.asked]
    assert (asked.connection_id, asked.session_id, asked.person) == ("conn-web", "web:v1", None)
    for wrong in ({}, site.bearer(), {"Authorization": "Bearer x"}):
        check_error(await site.client.get(f"{path}/{file.id}", headers=wrong), 401, "unauthenticated")


# --- downloading ----------------------------------------------------------------------------------------


async def test_the_conversation_says_who_reads_a_file(open_site: Site):
    file_id = await stored(open_site)
    answer = await open_site.client.get(f"{UPLOADS}/{file_id}", headers=open_site.bearer())
    assert (answer.status_code, answer.content) == (200, PNG)
    account_id, asked = open_site.queries.asked[-1]
    assert (account_id, asked.person, asked.conversation_id) == (ACCOUNT, ANA, REF.id)
    open_site.queries.error = DomainError("not_found", "there is no such file")
    refused = await open_site.client.get(f"{UPLOADS}/{file_id}", headers=open_site.bearer())
    check_error(refused, 404, "not_found")
    open_site.queries.error = None
    await open_site.files.remove(ACCOUNT, file_ids=[file_id])
    gone = await open_site.client.get(f"{UPLOADS}/{file_id}", headers=open_site.bearer())
    check_error(gone, 404, "not_found")


async def test_a_download_runs_nowhere_and_is_kept_by_nobody_else(open_site: Site):
    file_id = await stored(open_site)
    answer = await open_site.client.get(f"{UPLOADS}/{file_id}", headers=open_site.bearer())
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == (
        "inline; filename=\"k_ttle.png\"; filename*=UTF-8''k%C3%A9ttle.png"
    )
    assert answer.headers.get_list("cache-control") == ["private, no-cache"]
    assert answer.headers.get_list("content-security-policy") == [
        "default-src 'none'; frame-ancestors 'none'; sandbox"
    ]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "content_type", ["image/svg+xml", "text/html", "application/xml", "text/x-shellscript"]
)
async def test_pages_are_never_inline(open_site: Site, content_type: str):
    """They are not taken from people, but emails bring them."""
    file_id = await stored(open_site, content_type=content_type, filename=None)
    answer = await open_site.client.get(f"{UPLOADS}/{file_id}", headers=open_site.bearer())
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"


async def test_parts_and_what_one_has_already(open_site: Site):
    path = f"{UPLOADS}/{await stored(open_site)}"

    async def get(**headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await open_site.client.get(path, headers=open_site.bearer(**named))

    part = await get(Range="bytes=10-19")
    assert (part.status_code, part.content) == (206, PNG[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(PNG)}"
    tag = part.headers["etag"]
    assert (await get(Range="bytes=0-0", If_Range=tag)).content == PNG[:1]
    assert (await get(Range="bytes=0-0", If_Range='"other"')).content == PNG
    for known in (tag, f'"x", W/{tag}', "*"):
        answer = await get(If_None_Match=known)
        assert (answer.status_code, answer.content) == (304, b"")
    past = await get(Range=f"bytes={len(PNG)}-")
    check_error(past, 416, "range_not_satisfiable")
    assert past.headers["content-range"] == f"bytes */{len(PNG)}"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-", Part(0, 100, 100)),
        ("bytes=5-9", Part(5, 5, 100)),
        ("bytes=90-1000", Part(90, 10, 100)),
        ("bytes=-10", Part(90, 10, 100)),
        ("bytes=-1000", Part(0, 100, 100)),
        ("bytes=9-5", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("lines=1-2", None),
    ],
)
def test_ranges(header: str | None, expected: Part | None):
    assert part_of(header, 100) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=-0"])
def test_ranges_past_the_end(header: str):
    with pytest.raises(NoSuchPartError):
        part_of(header, 100)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        ("", None),
        ("..", None),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\a.png", "a.png"),
        ("exe\u202egnp.a", "exegnp.a"),
        ("a\r\nSet-Cookie: x.png", "aSet-Cookie: x.png"),
        ("n" * 400 + ".png", "n" * 251 + ".png"),
        ("n" * 400, "n" * 255),
    ],
)
def test_names_are_harmless(given: str | None, expected: str | None):
    assert clean_filename(given) == expected


def test_types():
    for taken in ("image/png", "audio/ogg", "video/mp4", "application/pdf", "text/csv"):
        check_taken(taken)
    assert shown_inline("video/mp4")
    assert not shown_inline("application/pdf")
    assert served_type("application/pdf") == "application/pdf"


# --- naming files in messages -----------------------------------------------------------------------------


async def test_a_reply_names_files_of_its_conversation(open_site: Site):
    file_id = await stored(open_site)
    open_site.commands.result = message(REF, 5).model_dump(mode="json")
    answer = await open_site.client.post(
        REPLY,
        json={
            "body": "",
            "subject": " A\r\nBcc: x ",
            "body_html": "<script>x</script>",
            "attachments": [file_id] * 2,
        },
        headers=open_site.bearer(Prefer="respond-async"),
    )
    assert answer.status_code == 202, answer.text
    command = open_site.commands.carried_out[-1][1]
    assert isinstance(command, WriteToContact)
    assert [one.file_id for one in command.attachments] == ["f1"]
    assert (command.subject, command.body_html) == ("A Bcc: x", None)
    kept = await open_site.files.find(ACCOUNT, file_id)
    assert kept is not None
    assert kept.expires_at is None


@pytest.mark.parametrize(
    "body",
    [
        {"body": " "},
        {"body": "", "attachments": []},
        {"body": "x", "attachments": ["ghost"]},
        {"body": "x", "attachments": ["f1"] * 11},
        {"body": "x", "body_html": "&" * 20_000},
        {"body": "x", "subject": "s" * 999},
    ],
)
async def test_a_reply_that_does_not_fit_is_refused(open_site: Site, body: dict[str, Any]):
    check_error(await open_site.client.post(REPLY, json=body, headers=open_site.bearer()), 422, "invalid")
    assert not open_site.commands.carried_out


@pytest.mark.parametrize(
    "owner", [owned_by_conversation("another-00ff"), owned_by_contact("conn-web", "v1"), "conversation:"]
)
async def test_a_file_of_elsewhere_cannot_be_named_here(open_site: Site, owner: str):
    """CVE-2026-48616: whoever names it in a message of theirs would read it through that."""
    await stored(open_site, owner)
    body = {"body": "x", "attachments": ["f1"]}
    check_error(await open_site.client.post(REPLY, json=body, headers=open_site.bearer()), 422, "invalid")
    assert not open_site.commands.carried_out


async def test_a_visitors_message_names_their_own_files_alone(site: Site):
    mine = await stored(site, owned_by_contact("conn-web", "v1"))
    attach = AttachFiles(site.files)
    (attachment,) = await attach(ACCOUNT, owned_by_contact("conn-web", "v1"), [mine])
    assert (attachment.kind, attachment.file_id) == (MessageKind.IMAGE, mine)
    for account_id, visitor in ((ACCOUNT, "v2"), ("another", "v1")):
        with pytest.raises(DomainError, match="no such file"):
            await attach(account_id, owned_by_contact("conn-web", visitor), [mine])


def test_frames_bring_words_or_files():
    frame = read_visitor_frame('{"type":"message","client_message_id":"1","attachments":["f1"]}')
    assert getattr(frame, "attachments", None) == ("f1",)
    chat = '{"type":"chat","ticket_id":"t","sender_id":"u","sender_role":"user","attachments":["f1"]}'
    assert getattr(read_chat_frame(chat), "attachments", None) == ("f1",)
    for broken in (
        '{"type":"message","client_message_id":"1"}',
        '{"type":"message","client_message_id":"1","content":" \\u0000","attachments":[]}',
        '{"type":"message","client_message_id":"1","content":"x","attachments":[""]}',
        '{"type":"message","client_message_id":"1","content":"x","attachments":"f1"}',
    ):
        with pytest.raises(DomainError):
            read_visitor_frame(broken)


# --- clearing away ----------------------------------------------------------------------------------------


async def test_an_erased_persons_files_go(site: Site):
    await stored(site, owned_by_contact("conn-web", "v1"), id="theirs")
    await stored(site, owned_by_conversation(REF.id), id="to-them")
    await stored(site, owned_by_contact("conn-web", "v2"), id="other")
    await stored(site, owned_by_contact("conn-web", "v1"), id="elsewhere", account_id="another")
    command = ErasePerson(
        actor={"kind": ActorKind.SYSTEM, "id": "parley"},
        erasure_id="e",
        conversation_ids=(REF.id,),
        aliases=(ContactAlias(connection_id="conn-web", alias="v1"),),
    )
    for _ in range(2):
        await forget_files(site.files)(ACCOUNT, command)
    assert {file_id for _, file_id in site.files.files} == {"other", "elsewhere"}


class StopError(Exception):
    pass


async def test_expired_files_are_removed(site: Site, monkeypatch: pytest.MonkeyPatch):
    await stored(site, expires_at=now() - timedelta(seconds=1))

    async def stop(_: float) -> None:
        raise StopError

    monkeypatch.setattr("services.gateway.adapters.expired_files.asyncio", SimpleNamespace(sleep=stop))
    with pytest.raises(StopError):
        await ExpiredFiles(site.files, now).run()
    assert not site.files.files


async def test_a_requester_may_upload_and_the_conversation_decides(open_site: Site):
    headers = open_site.bearer(REQUESTER)
    answer = await open_site.client.post(UPLOADS, files={"file": ("a.png", PNG)}, headers=headers)
    assert answer.status_code == 201
    open_site.book.blind.add(REQUESTER.id)
    answer = await open_site.client.post(UPLOADS, files={"file": ("a.png", PNG)}, headers=headers)
    check_error(answer, 404, "not_found")
    assert isinstance(open_site.files, InMemoryBlobs)
