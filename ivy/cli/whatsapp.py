"""`ivy whatsapp`: templates, forms and the set-up, at Meta's. May import: its commands."""

import typer

from ivy.cli.whatsapp_flows import flows
from ivy.cli.whatsapp_probe import probe
from ivy.cli.whatsapp_templates import templates

command = typer.Typer(no_args_is_help=True, help="Templates, forms and the set-up at Meta's.")
command.add_typer(templates, name="templates")
command.add_typer(flows, name="flows")
command.command("probe")(probe)
