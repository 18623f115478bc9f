"""parley admin people: the people of an account, and what they log in with.

Passwords come from standard input or a prompt, never as an argument: those everybody on the machine sees.
"""

import sys
from typing import Annotated

import typer
from argon2 import PasswordHasher

from cli.admin.directory import (
    Account,
    AsJson,
    ask,
    carry_out,
    command_of,
    gateway_command,
    given,
    operator,
    show,
    show_all,
)
from cli.environment import run
from libs.contracts.base import SYSTEM
from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.gateway import RemoveCredentials, SetCredentials
from libs.contracts.people import (
    CreatePerson,
    DeletePerson,
    FindPerson,
    ListPeople,
    PersonPage,
    UpdatePerson,
)
from libs.contracts.vocabulary import Role
from libs.runtime.ids import new_id

app = typer.Typer(no_args_is_help=True, help="People: create, list, get, change, password, delete.")

Id = Annotated[str, typer.Argument(help="As `list` shows it.")]
Departments = Annotated[
    list[str] | None, typer.Option("--department", help="One of theirs; several times for several.")
]
FromInput = Annotated[bool, typer.Option("--password-stdin", help="Read it from standard input.")]

#: The same as over the API.
_SHORTEST = 12
_COLUMNS = {"id": "id", "email": "email", "name": "name", "role": "role", "departments": "departments"}


def _password(from_input: bool) -> str:
    password = (
        sys.stdin.readline().rstrip("\n")
        if from_input
        else str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    )
    if len(password) < _SHORTEST:
        raise typer.BadParameter(f"a password has {_SHORTEST} characters at least")
    return password


def _credentials(person: Person, password: str) -> SetCredentials:
    digest = PasswordHasher().hash(password)
    return SetCredentials(actor=SYSTEM, person_id=person.id, email=person.email, password_hash=digest)


async def _create(account: str, person: Person, password: str | None) -> Person:
    """Nobody is left behind who could not log in as was asked."""
    made = await command_of(account, CreatePerson(actor=SYSTEM, person=person), Person)
    if password is not None:
        try:
            await gateway_command(account, _credentials(made, password))
        except DomainError:
            await command_of(account, DeletePerson(actor=SYSTEM, person_id=made.id), Person)
            raise
    return made


@app.command()
def create(
    email: Annotated[str, typer.Argument(help="What they log in with.")],
    account: Account,
    name: Annotated[str, typer.Option(help="Their name.")],
    role: Annotated[Role, typer.Option(help="What they may do.")],
    department: Departments = None,
    password_stdin: FromInput = False,
    without_password: Annotated[bool, typer.Option(help="They log in by other means.")] = False,
    as_json: AsJson = False,
) -> None:
    """Somebody new."""
    person = Person(
        id=new_id(),
        account_id=account,
        email=email.strip().lower(),
        name=name,
        role=role,
        departments=tuple(department or ()),
    )
    password = None if without_password else _password(password_stdin)
    show(run(_create(account, person, password)), as_json=as_json)


@app.command("list")
def list_people(
    account: Account, role: Role | None = None, search: str | None = None, as_json: AsJson = False
) -> None:
    """The account's people."""
    found: list[Person] = []
    cursor = None
    while True:
        query = ListPeople(person=operator(account), role=role, search=search, page_size=100, cursor=cursor)
        page = ask(account, query, PersonPage)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    show_all(found, _COLUMNS, as_json=as_json)


@app.command()
def get(person_id: Id, account: Account, as_json: AsJson = False) -> None:
    """One person."""
    query = FindPerson(person=operator(account), person_id=person_id)
    show(ask(account, query, Person), as_json=as_json)


@app.command()
def change(
    person_id: Id,
    account: Account,
    name: str | None = None,
    role: Role | None = None,
    department: Departments = None,
    as_json: AsJson = False,
) -> None:
    """Change what is given; departments are replaced as a whole. Tokens that are out count their 15 minutes:
    over the API who loses rights is logged out at once.
    """
    settings = given(name=name, role=role, departments=tuple(department) if department else None)
    command = UpdatePerson(actor=SYSTEM, person_id=person_id, **settings)
    show(carry_out(account, command, Person), as_json=as_json)


@app.command()
def password(person_id: Id, account: Account, password_stdin: FromInput = False) -> None:
    """Another password; every log-in of theirs ends."""
    person = ask(account, FindPerson(person=operator(account), person_id=person_id), Person)
    run(gateway_command(account, _credentials(person, _password(password_stdin))))
    typer.echo(f"password of {person_id} set")


async def _delete(account: str, person_id: str) -> None:
    """Also of somebody who is gone already: this may have ended in between the last time."""
    gone: DomainError | None = None
    try:
        await command_of(account, DeletePerson(actor=SYSTEM, person_id=person_id), Person)
    except DomainError as error:
        if error.code != ErrorCode.NOT_FOUND:
            raise
        gone = error
    await gateway_command(account, RemoveCredentials(actor=SYSTEM, person_id=person_id))
    if gone is not None:
        raise gone


@app.command()
def delete(person_id: Id, account: Account) -> None:
    """Remove somebody: their password and their log-ins end, and their work is nobody's."""
    run(_delete(account, person_id))
    typer.echo(f"{person_id} removed")
