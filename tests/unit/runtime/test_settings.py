"""Settings: an argument, else the service's own variable, else the shared one, else the default."""

import base64
from pathlib import Path

import pytest
from pydantic import ValidationError

from libs.runtime.settings import SHARED, ServiceSettings, folder, service_config

KEY = base64.b64encode(bytes(32)).decode()


class ShopSettings(ServiceSettings):
    """A service with a setting of its own."""

    model_config = service_config("SHOP_")
    port: int = 9999
    colour: str = "red"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*SHARED.values(), "SHOP_RABBITMQ_URL", "SHOP_PORT", "SHOP_COLOUR", "SHOP_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_defaults_need_the_secret_key_alone():
    with pytest.raises(ValidationError):
        ShopSettings()
    made = ShopSettings(secret_key=KEY)
    assert (made.port, made.rabbitmq_url) == (9999, "amqp://guest:guest@127.0.0.1:5672/")
    assert made.database("shop") == "parley_shop"


def test_shared_variables_reach_every_service(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RABBITMQ_URL", "amqp://shared/")
    monkeypatch.setenv("PARLEY_SECRET_KEY", KEY)
    monkeypatch.setenv("PARLEY_DATABASE_PREFIX", "other")
    made = ShopSettings()
    assert (made.rabbitmq_url, made.database("shop")) == ("amqp://shared/", "other_shop")


def test_a_services_own_variable_comes_before_the_shared_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RABBITMQ_URL", "amqp://shared/")
    monkeypatch.setenv("SHOP_RABBITMQ_URL", "amqp://own/")
    monkeypatch.setenv("SHOP_PORT", "1234")
    monkeypatch.setenv("SHOP_COLOUR", "blue")
    made = ShopSettings(secret_key=KEY)
    assert (made.rabbitmq_url, made.port, made.colour) == ("amqp://own/", 1234, "blue")
    assert ShopSettings(secret_key=KEY, rabbitmq_url="amqp://given/").rabbitmq_url == "amqp://given/"


@pytest.mark.parametrize("key", ["", "hello", base64.b64encode(bytes(16)).decode()])
def test_a_key_that_is_none_is_refused_without_being_shown(key: str):
    with pytest.raises(ValidationError) as caught:
        ShopSettings(secret_key=key)
    assert not key or key not in str(caught.value)


def test_the_key_is_not_in_the_representation():
    assert KEY not in repr(ShopSettings(secret_key=KEY))


def test_replicas_have_names_of_their_own():
    assert ShopSettings(secret_key=KEY).instance != ShopSettings(secret_key=KEY).instance


def test_a_folder_is_made(tmp_path: Path):
    assert folder(str(tmp_path / "a" / "b")).is_dir()
