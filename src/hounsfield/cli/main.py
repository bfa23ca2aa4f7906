"""The command line: arguments in, a verb called, its answer printed. Nothing heavy is imported before a verb runs."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from hounsfield.registry.table import UnknownName

COMMANDS = {
    "inspect": "What is there, which task it is for, and what is wrong with it.",
    "plan": "What training would do and take, each decision with its reason.",
    "train": "Train a model and write it as a package.",
    "predict": "Answer files, folders or a training layout.",
    "evaluate": "Score answers against truths.",
    "compare": "Two models or folders of answers, patient by patient.",
    "register": "The transform between two images, without training.",
    "apply": "Carry images, label maps and points by a transform.",
    "show": "What a model is.",
    "list": "Methods, tasks, formats, layouts, checks.",
    "doctor": "Whether everything works here.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of a person's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of a verb."""
        if name not in COMMANDS:
            return None
        module = "listing" if name in ("show", "list", "doctor") else name
        command: click.Command = getattr(import_module(f"hounsfield.cli.{module}"), f"{name}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that was typed. Raises UnknownName, with the nearest one, where there is none."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise UnknownName("command", args[0], tuple(COMMANDS))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with a sentence each, none of them imported."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="hounsfield")
def hounsfield() -> None:
    """From a folder of medical images to a model you can check and use, on the machine you have."""


def main() -> None:
    """Run the command line and end with its exit code."""
    from hounsfield.cli.ending import run

    sys.exit(run(hounsfield))
