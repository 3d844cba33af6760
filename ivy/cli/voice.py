"""`ivy voice`: the agents that speak on the phone, and the set-up at Retell. May import: its commands."""

import typer

from ivy.cli.voice_agents import agents
from ivy.cli.voice_probe import probe

command = typer.Typer(no_args_is_help=True, help="The agents that speak on the phone, and the set-up at Retell.")
command.add_typer(agents, name="agents")
command.command("probe")(probe)
agents.command("probe", hidden=True)(probe)
