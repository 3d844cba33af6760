"""`ivy init`: a folder from which Ivy runs: configuration, secrets, an empty database; templates sent off for review.

What exists is never rewritten: a configuration that lacks something gets the lines to paste. May import: the ground, the store.
"""

import os
from pathlib import Path
from typing import Annotated

import typer

from ivy import config as configuration
from ivy.cli import frame, options
from ivy.cli.first_configuration import FOLDER, ITEMS, LEAD_TIME, Item, lines_to_paste, text_of, write_private
from ivy.config import Config
from ivy.errors import IvyError


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
) -> None:
    """Write a configuration that works, its secrets and an empty database; change nothing that exists.

    On a terminal it asks for what it cannot make itself: Enter leaves a question for later. With a WhatsApp account and
    its token it offers to send the message templates to Meta at once: their review takes up to a day.
    """
    path = folder / "ivy.toml" if folder else configuration.config_path(options.given_config.get())
    existed = path.exists()
    before = configuration.load(path, os.environ) if existed else configuration.build({}, os.environ, path.parent)
    _make_folder(path.parent)
    answers = collect(path.parent, before)
    if not existed:
        write_private(path, text_of(answers))
        frame.say(f"Wrote {path}.")
    elif answers:
        frame.say(f"{path} is yours and stays as it is. Paste these lines into it:\n\n{lines_to_paste(answers)}\n")
    else:
        frame.say(f"{path} is there already; nothing was changed.")
    _make_database(path, before)
    if templates:
        _offer_templates(path)
    _say_what_is_next(before, answers)


def collect(folder: Path, config: Config) -> dict[str, str]:
    """Return what belongs into ivy.toml and is not there, by key; secrets are made, asked for, and written to files."""
    answers: dict[str, str] = {}
    for item in ITEMS:
        if not item.lacks(config):
            continue
        if not item.file:
            answer = _ask(item)
        else:
            answer = item.path if (folder / item.path).exists() or _keep_secret(folder, item) else ""
        if answer:
            answers[item.key] = answer
    return answers


def _keep_secret(folder: Path, item: Item) -> bool:
    """Make or ask for a secret and write it to its file; return whether there is one now."""
    value = item.make() if item.make else _ask(item)
    if value:
        _make_folder(folder / FOLDER)
        write_private(folder / item.path, value + "\n")
        frame.say(f"Wrote {folder / item.path} (only you can read it).")
    return bool(value)


def _ask(item: Item) -> str:
    """Ask until the answer looks right or is empty; a secret is not shown while it is typed."""
    if not item.question or not frame.can_ask():
        return ""
    frame.note(f"({item.found_at})")
    while True:
        typed = typer.prompt(item.question, default="", hide_input=bool(item.file), show_default=False, err=True)
        answer = str(typed).strip()
        wrong = item.judge(answer) if answer else ""
        if not wrong:
            return answer
        frame.note(wrong)


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _make_database(path: Path, config: Config) -> None:
    from ivy.cli.migrate import apply

    database = config.database(path.parent)
    if database.exists():
        return
    apply(database)
    frame.say(f"Made {database}.")


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
