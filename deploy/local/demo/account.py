"""Who is in the demo account. Passwords are for this machine only: the stack listens on loopback."""

from dataclasses import dataclass
from pathlib import Path

ACCOUNT_ID = "acc-kettle"
ACCOUNT_NAME = "Kettle & Co"
CHATBOT_ID = "bot-kettle"
CHATBOT_NAME = "Kettle helper"
DEPARTMENTS = ("Orders", "Technical", "IT", "HR")
TELEGRAM_CONNECTION = "conn-telegram"
WIDGET_CONNECTION = "conn-widget"
KNOWLEDGE = Path(__file__).parent / "knowledge"


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who can log in."""

    id: str
    name: str
    email: str
    password: str
    role: str
    departments: tuple[str, ...]


PEOPLE = (
    DemoPerson("agent-ana", "Ana Reis", "ana@kettle.test", "ana-likes-tea", "agent", ("Orders",)),
    DemoPerson("agent-ben", "Ben Osei", "ben@kettle.test", "ben-likes-tea", "agent", ("Technical",)),
    DemoPerson(
        "agent-caro", "Caro Lind", "caro@kettle.test", "caro-likes-tea", "agent", ("Orders", "Technical")
    ),
    DemoPerson("admin-dora", "Dora Falk", "dora@kettle.test", "dora-runs-tea", "admin", ()),
    DemoPerson("agent-ivo", "Ivo Marin", "ivo@kettle.test", "ivo-likes-cables", "agent", ("IT",)),
    DemoPerson("agent-hana", "Hana Sato", "hana@kettle.test", "hana-likes-people", "agent", ("HR",)),
    DemoPerson("user-uma", "Uma Berg", "uma@kettle.test", "uma-needs-help", "user", ()),
    DemoPerson("user-sam", "Sam Noor", "sam@kettle.test", "sam-needs-help", "user", ()),
)
