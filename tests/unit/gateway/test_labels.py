"""The routes of the account's labels, over fakes."""

from libs.contracts.labels import CreateLabel, DeleteLabel, Label, LabelList, UpdateLabel
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import WHEN
from tests.unit.gateway.test_audit import BOSS

LATE = Label(name="late", created_by="ana", created_at=WHEN).model_dump(mode="json")


async def test_labels_are_listed(site: Site) -> None:
    site.queries.result = LabelList().model_dump(mode="json")
    answer = await site.client.get("/api/v1/labels", headers=site.bearer())
    assert (answer.status_code, answer.json()) == (200, {"items": []})


async def test_labels_are_made_changed_and_deleted(site: Site) -> None:
    site.commands.result = LATE
    made = await site.client.post("/api/v1/labels", json={"name": "Late"}, headers=site.bearer())
    assert (made.status_code, made.json()) == (201, LATE)
    refused = await site.client.patch("/api/v1/labels/late", json={}, headers=site.bearer())
    assert refused.status_code == 403
    body = {"name": None, "colour": None}
    changed = await site.client.patch("/api/v1/labels/a%2Fb", json=body, headers=site.bearer(BOSS))
    assert changed.status_code == 200
    gone = await site.client.delete("/api/v1/labels/late", headers=site.bearer(BOSS))
    assert gone.status_code == 200
    create, update, delete = [command for _, command in site.commands.carried_out]
    assert isinstance(create, CreateLabel)
    assert (create.name, create.colour) == ("Late", None)
    assert isinstance(update, UpdateLabel)
    assert (update.label, update.name, update.cleared) == ("a/b", None, ("colour",))
    assert isinstance(delete, DeleteLabel)
    assert delete.label == "late"


async def test_what_is_no_colour_is_refused(site: Site) -> None:
    for colour in ("red", "#AA0000", "#aa00"):
        body = {"name": "late", "colour": colour}
        answer = await site.client.post("/api/v1/labels", json=body, headers=site.bearer())
        assert answer.status_code == 422
