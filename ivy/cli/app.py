"""`ivy`: lists its commands, imports one only when it is typed, and says every error in one line. May import: options.

A command's module exposes `command`: a function with Typer's annotations, or a `typer.Typer` of several. To add one,
copy the neighbouring file and add a line to COMMANDS.
"""

import gc
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from ivy import __version__
from ivy.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("ivy.cli.init", "Write a configuration, keys and an empty database; changes nothing that exists."),
    "doctor": ("ivy.cli.doctor", "Say what is there and what is missing, and the line that mends it."),
    "daemon": ("ivy.cli.daemon", "Run Ivy."),
    "migrate": ("ivy.cli.migrate", "Bring the database to this version, after a copy."),
    "upgrade": (
        "ivy.cli.upgrade",
        "Put a newer release in place, tried on a copy first; back by itself if it is not well.",
    ),
    "backup": ("ivy.cli.backup", "Put everything into one sealed file, and read it again."),
    "restore": ("ivy.cli.restore", "Put a backup back, or prove that it is whole."),
    "onboard": ("ivy.cli.onboard", "Let a person in: asks, or takes all flags."),
    "users": ("ivy.cli.users", "List, show, move, pause, export or erase people."),
    "call": ("ivy.cli.call", "Phone somebody now, and follow the call to its end."),
    "calls": ("ivy.cli.calls", "List or show calls."),
    "send": ("ivy.cli.send", "Write to somebody with an approved template."),
    "schedule": ("ivy.cli.schedule", "Show when people are contacted."),
    "simulate": ("ivy.cli.simulate", "Talk to Ivy here, with emulated vendors, on a throwaway file."),
    "replay-dlq": ("ivy.cli.replay_dlq", "Show what a replay of the dead letters would do, and do it if you agree."),
    "dlq": ("ivy.cli.dlq", "List, show, replay or discard dead letters."),
    "costs": ("ivy.cli.costs", "Show what was spent, by day, person, provider, kind or model."),
    "status": ("ivy.cli.status", "Show how Ivy is doing."),
    "alerts": ("ivy.cli.alerts", "List alerts, try the ways to you, or say by an exit code whether all is well."),
    "review": ("ivy.cli.review", "List, show or close what a human has to look at."),
    "feedback": ("ivy.cli.feedback", "List, show or close what people say went wrong."),
    "jobs": ("ivy.cli.jobs", "List or show jobs."),
    "tools": ("ivy.cli.tools", "List what the model may do."),
    "why": ("ivy.cli.why", "Tell the story of a message, turn, call, gift, refusal, job and more."),
    "replay": ("ivy.cli.replay", "Go through a turn again without a vendor, and say whether it is the same."),
    "whatsapp": ("ivy.cli.whatsapp", "Templates, forms and the set-up at Meta's."),
    "voice": ("ivy.cli.voice", "The agents and the number that phone people."),
    "giving": ("ivy.cli.giving", "What was pledged, and to whom it is to be paid."),
    "verify": ("ivy.cli.verify", "Check the chain of gifts, or a receipt of it."),
    "memory": ("ivy.cli.memory", "What Ivy knows of people, and where it is from."),
    "switch": ("ivy.cli.switch", "Show or set switches."),
}
"""Every command: where it lives, and its line in `ivy --help`."""

FAILED, WRONGLY_TYPED, INTERRUPTED = 1, 2, 130
DEBUG = "IVY_DEBUG"
SELDOM = 50_000
"""How many new objects Python waits for before it looks for cycles. By default it waits for 700, and walks again and again over
what is being imported, of which nothing is garbage: a tenth of the time until the daemon listens. That one sets its own later."""


class LazyGroup(TyperGroup):
    """Lists commands by the table, and imports only the one that is typed."""

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        self.commands.update({name: TyperCommand(name, help=line) for name, (_, line) in COMMANDS.items()})

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, _, rest = super().resolve_command(ctx, args)
        return name, name and load(name), rest


def load(name: str) -> Any:
    """Import a command and return it in Typer's form."""
    command = import_module(COMMANDS[name][0]).command
    if isinstance(command, typer.Typer):
        made = get_group(command)
    else:
        alone = typer.Typer(add_completion=False)
        alone.command(name)(command)
        made = get_command(alone)
    made.name = name
    return _in_markdown(made)


def _in_markdown(command: Any) -> Any:
    """Let help flow to the terminal's width, and brackets in it be brackets."""
    command.rich_markup_mode = "markdown"
    for each in getattr(command, "commands", {}).values():
        _in_markdown(each)
    return command


# Not Markdown: a parser of its own for each line of the list of commands is a tenth of what `ivy --help` takes.
app = typer.Typer(cls=LazyGroup, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich")


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ivy {__version__}")
        raise typer.Exit


@app.callback()
def before_the_command(
    config: Annotated[
        str | None,
        typer.Option(metavar="PATH", envvar="IVY_CONFIG", help="The configuration; ./ivy.toml if not given."),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Ivy: a coach that calls you, and an assistant in your chat, on a server of your own."""
    options.given_config.set(config)


def main(arguments: "Sequence[str] | None" = None) -> NoReturn:
    """Run what was typed and end the process: 0 done, 1 an error in one line, 2 typed wrongly, 130 interrupted."""
    gc.set_threshold(SELDOM)
    try:
        code = get_command(app).main(arguments, prog_name="ivy", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:
        code = explain(error)
    _end(code if isinstance(code, int) else 0)


def explain(error: BaseException) -> int:
    """Say on stderr what went wrong, in one line; return the exit code."""
    match options.alone(error):
        case SystemExit(code=int(code)):
            return code
        case KeyboardInterrupt() | typer.Abort():
            return INTERRUPTED
        case BrokenPipeError():
            return FAILED
        case typer.TyperException() as wrongly_typed:
            return _explain_typing(wrongly_typed)
        case OSError(strerror=str(reason), filename=str(path)) if DEBUG not in os.environ:
            _say(f"{reason}: {path}")
            return FAILED
        case failure:
            return _explain_failure(failure)


def _explain_typing(error: typer.TyperException) -> int:
    context: Any = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(error.format_message(), err=True)
    else:
        command = context.command_path if context else "ivy"
        _say(f"{error.format_message().rstrip('.')}; see `{command} --help`.")
    return WRONGLY_TYPED


def _explain_failure(error: BaseException) -> int:
    from ivy.errors import IvyError, UsageError

    if os.environ.get(DEBUG):
        _print_trace(error)
    if isinstance(error, IvyError):
        _say(str(error))
        return WRONGLY_TYPED if isinstance(error, UsageError) else FAILED
    _say(f"a bug: {type(error).__name__}: {error}; please report it; details are in {_keep_trace(error)}")
    return FAILED


def _say(text: str) -> None:
    """Print one line, whatever is in the text."""
    line = " ".join(text.split())
    typer.echo(f"ivy: {''.join(letter for letter in line if letter.isprintable())}", err=True)


def _print_trace(error: BaseException) -> None:
    import traceback

    traceback.print_exception(error)


def _keep_trace(error: BaseException) -> str:
    """Write the trace, secrets and numbers masked, to a file that only this user reads; return where."""
    import tempfile
    import traceback

    from ivy import log

    lines = "".join(traceback.format_exception(error)).splitlines()
    with tempfile.NamedTemporaryFile("w", prefix="ivy-bug-", suffix=".log", delete=False) as file:
        file.writelines(f"{log.mask(line)}\n" for line in [f"ivy {__version__}, {sys.version}", *lines])
    return file.name


def _end(code: int) -> NoReturn:
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has gone; the interpreter's own last flush must not complain either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


if __name__ == "__main__":
    main()
