"""`ivy init`: a folder from which Ivy runs: configuration, secrets, an empty database; templates sent off for review.

What exists is never rewritten: a configuration that lacks something gets the lines to paste. May import: the ground, the store.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ivy import config as configuration
from ivy.cli import frame, options, ownership
from ivy.cli.first_configuration import ITEMS, LEAD_TIME, SOLO, SOLO_KEY, text_of, write_private
from ivy.cli.init_screens import SCREENS, SOLO_SCREENS, collect
from ivy.cli.missing_lines import lines_to_paste
from ivy.config import Config
from ivy.errors import ConfigError, IvyError, UsageError


def command(
    folder: Annotated[
        Path | None, typer.Option(help="Where to put ivy.toml, secrets/ and data/; this folder if not given.")
    ] = None,
    templates: Annotated[
        bool,
        typer.Option(
            "--templates/--no-templates", help="Offer to submit the message templates, once Meta can be asked."
        ),
    ] = True,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Ask each vendor about what is typed, as soon as it is.")
    ] = True,
    live: Annotated[
        bool, typer.Option("--live", help="End in a list that turns green as things become true; Ctrl-C leaves it.")
    ] = False,
    wait: Annotated[
        float, typer.Option(help="With --live: seconds in which it may turn green; 0: one look.", min=0)
    ] = 900.0,
    every: Annotated[float, typer.Option(help="With --live: seconds between questions to vendors.", min=1)] = 10.0,
    as_json: frame.Json = False,
    solo: Annotated[
        bool,
        typer.Option(
            "--solo", help="For you alone, by an agent in your own WhatsApp: one key, no public address, no account."
        ),
    ] = False,
    service: Annotated[
        bool,
        typer.Option(
            "--service", help="Only write what a machine needs to run Ivy as a service: unit, TLS proxy, wrapper, user."
        ),
    ] = False,
    into: Annotated[
        Path | None, typer.Option(help="With --service: the folder to write to; / installs, as root.")
    ] = None,
) -> None:
    """Write a configuration that works, its secrets and an empty database; change nothing that exists.

    On a terminal it asks for what it cannot make itself: Enter leaves a question for later. With a WhatsApp account and
    its token it offers to send the message templates to Meta at once: their review takes up to a day. What is typed is
    looked at by its shape, and by asking its vendor. `--live` can be left and typed again at any time; exit code 1 while
    something in its list is not green.
    """
    if service:
        from ivy.cli.init_service import write_service

        write_service(into, solo=solo)
        return
    path = folder / "ivy.toml" if folder else configuration.config_path(options.given_config.get())
    say = frame.note if live else frame.say  # a list, or a document, is what --live prints
    if solo and live:
        raise UsageError("--live watches a business number's set-up; with --solo there is nothing to wait for.")
    before, answers = _prepare(path, say, check=check, begun_only=live, solo=solo)
    if solo:
        _say_what_is_next_alone(path, answers)
        return
    if templates:
        _offer_templates(path)
    if not live:
        _say_what_is_next(before, answers)
        live = bool(answers) and frame.confirm("\nWatch it turn green now? (`ivy init --live`)", default=True)
    if live:
        from ivy.cli import live as checklist

        options.given_config.set(str(path))
        is_green = checklist.run(checklist.Patience(wait, every), as_json=as_json)
        raise typer.Exit(0 if is_green else 1)


def _prepare(
    path: Path, say: Callable[[str], None], *, check: bool, begun_only: bool, solo: bool
) -> tuple[Config, dict[str, str]]:
    """Write what is not there yet; return the configuration as it was, and what was answered."""
    existed = path.exists()
    before = configuration.load(path, os.environ) if existed else configuration.build({}, os.environ, path.parent)
    _make_folder(path.parent)
    answers: dict[str, str] = {}
    try:
        collect(
            path.parent, before, answers,
            check=check, make_folder=_make_folder, say=say, begun_only=begun_only and existed,
            screens=SOLO_SCREENS if solo else SCREENS,
        )  # fmt: skip
    except (KeyboardInterrupt, typer.Abort):  # what was answered so far is kept, and not asked again
        frame.note("")
        _keep(path, before, answers, say, existed=existed, solo=solo)
        raise
    _keep(path, before, answers, say, existed=existed, solo=solo)
    if existed and not answers and not begun_only:
        say(f"{path} is there already; nothing was changed.")
    _make_database(path, before, say)
    return before, answers


def _keep(
    path: Path, before: Config, answers: dict[str, str], say: Callable[[str], None], *, existed: bool, solo: bool
) -> None:
    if not existed:
        write_private(path, text_of(answers, solo=solo))
        ownership.let_group_read(path)
        say(f"Wrote {path}.")
    elif answers:
        lines = lines_to_paste(answers, path.read_text(), before)
        say(f"{path} is yours and stays as it is. Paste these lines into it:\n\n{lines}\n")


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _make_database(path: Path, config: Config, say: Callable[[str], None]) -> None:
    from ivy.cli.migrate import apply

    database = config.database(path.parent)
    if database.exists():
        return
    with ownership.as_owner_of(database.parent):
        apply(database)
    say(f"Made {database}.")


def _offer_templates(path: Path) -> None:
    """Send off the templates that Meta has not seen, if that is wished: what fails here is a note, and can be done later."""
    try:
        config = configuration.load(path, os.environ)
        left = _not_submitted(config, config.database(path.parent))
        if not left:
            return
        if not frame.confirm(f"Submit {left} message templates to Meta for review now?", default=True):
            frame.note(
                "\n`ivy whatsapp templates submit` sends the message templates to Meta, whose review takes up to a day."
            )
            return
        _submit(path, config)
    except (IvyError, OSError) as error:
        frame.note(f"The templates were not submitted: {error}")
        frame.note("`ivy whatsapp templates submit` does it at any time, and goes on where it stopped.")


def _not_submitted(config: Config, database: Path) -> int:
    """Return how many templates of the pack Meta has not been given; 0 while it cannot be asked."""
    if not (config.whatsapp.enabled and config.whatsapp.waba_id and config.whatsapp.token):
        return 0
    from ivy.cli.doctor_whatsapp import CHANNEL, SUBMIT
    from ivy.cli.whatsapp_templates import rows
    from ivy.clock import SystemClock
    from ivy.store import templates

    frame.check_database(database)
    with frame.look_into(database) as connection:
        return sum(SUBMIT in row.advice for row in rows(templates.all_known(connection, CHANNEL), SystemClock().now()))


def _submit(path: Path, config: Config) -> None:
    from ivy.cli.template_submission import submit_pack

    lines = submit_pack(frame.Setup(path, config, path.parent, config.database(path.parent)))
    failed = [line for line in lines if line.failed]
    frame.say(f"{len(lines) - len(failed)} of {len(lines)} message templates are with Meta.")
    for line in failed:
        frame.note(f"{line.name} ({line.language}): {line.result}")
    if failed:
        frame.note("`ivy whatsapp templates submit` goes on where it stopped.")


def _say_what_is_next(config: Config, answers: dict[str, str]) -> None:
    missing = [item for item in ITEMS if item.needed and item.key not in answers and item.lacks(config)]
    if missing:
        frame.note("\nStill missing:")
        for item in missing:
            frame.note(f"  {item.key}: {item.found_at}.")
        frame.note(LEAD_TIME)
    frame.note("\nNext: `ivy doctor` checks it all, `ivy onboard` lets a person in, `ivy daemon` runs Ivy.")
    frame.note("`ivy simulate chat` needs none of this: talk to Ivy here and now.")


def _say_what_is_next_alone(path: Path, answers: dict[str, str]) -> None:
    try:
        config = configuration.load(path, os.environ)
    except ConfigError as error:
        frame.note(f"\n{error}")
        return
    missing = [item for item in ITEMS if (item.needed or item.key == SOLO_KEY) and item.lacks(config)]
    missing = [item for item in missing if item.section in SOLO and item.key not in answers]
    if missing:
        frame.note("\nStill missing:")
        for item in missing:
            frame.note(f"  {item.key}: {item.found_at}.")
        frame.note("`ivy init --solo` asks for it again, and says what to paste where.")
    if config.whatsapp.enabled:
        frame.note("\n[whatsapp] is on too: without a business number set `enabled = false` below it.")
    frame.note(
        f"\n{'Then' if missing else 'Next'}: `ivy daemon` runs Ivy; write to your agent in WhatsApp. `ivy doctor` checks it all."
    )
