"""parley admin: whom and what an installation knows. One file a noun.

A noun's file has its own `app`, added here; what they share stands in `cli/environment.py`.
"""

import typer

from cli.admin import account, chatbots, departments, keys, people

app = typer.Typer(no_args_is_help=True, help="Administer an account.")
app.add_typer(account.app, name="account")
app.add_typer(chatbots.app, name="chatbots")
app.add_typer(departments.app, name="departments")
app.add_typer(keys.app, name="keys")
app.add_typer(people.app, name="people")
