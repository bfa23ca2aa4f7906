"""How a command ends: exit 0 all done, 1 a fault of ours, 2 nothing done, 3 done without some, 130 interrupted."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from hounsfield.cli.printing import print_trace, say
from hounsfield.registry.table import UnknownName

if TYPE_CHECKING:
    from hounsfield.values import Problem

DONE, OUR_FAULT, NOTHING_DONE, DONE_IN_PART, INTERRUPTED = 0, 1, 2, 3, 130


class Ended(Exception):  # noqa: N818 - a way to end, not an error
    """A command ends with this exit code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


def run(command: click.Command, words: Sequence[str] | None = None) -> int:
    """Run a command on these words (those of the process by default); one clear line for all that a person can mend."""
    try:
        code = command.main(words, prog_name="hounsfield", standalone_mode=False)
    except Ended as ended:
        return ended.code
    except (click.Abort, KeyboardInterrupt):
        say("interrupted. Nothing is half written: type the same command again to go on.")
        return INTERRUPTED
    except click.ClickException as error:
        _say_mistake(error)
        return NOTHING_DONE
    except UnknownName as error:
        say(str(error))
        return NOTHING_DONE
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
    except Exception as error:
        return _other(error)
    return code if isinstance(code, int) else DONE


def _say_mistake(error: click.ClickException) -> None:
    """A mistake on the command line, with where to read on; the help itself where nothing was given."""
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
        error.show()
        return
    context = getattr(error, "ctx", None)
    more = f" See {context.command_path} --help." if context else ""
    said = " ".join(error.format_message().split())  # choices stand in lines of their own
    say(said.rstrip(".?") + "." + more)


def _other(error: Exception) -> int:
    """Refusals and system errors in words; what is left is a fault of ours."""
    from hounsfield.formats.files import FULL
    from hounsfield.values.problem import Refused

    if isinstance(error, Refused):
        say_problems(error.problems)
        return NOTHING_DONE
    if isinstance(error, OSError) and error.filename is not None:
        say(f"{error.filename}: {error.strerror}. Check the path, its permissions and the disk.")
        return NOTHING_DONE
    if isinstance(error, OSError) and error.errno in FULL:  # what is written to files names them
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - Python would try again as it ends
        say(f"the output: can not be written ({error.strerror}). Make room where it goes, and ask the same again.")
        return NOTHING_DONE
    print_trace(error)
    say(f"this is a fault of hounsfield ({type(error).__name__}: {error}); please report it with the lines above.")
    return OUR_FAULT


def say_problems(problems: Sequence[Problem]) -> None:
    """Why nothing was done, a line for each; one line for all where they have a reason in common."""
    first, n = problems[0], len(problems)
    if n > 1 and len({(problem.what, problem.remedy) for problem in problems}) == 1:
        problems = [replace(first, where=f"{first.where} (and all others, {n} in all)")]
    for problem in problems:
        say(str(problem))


def end_in_part(problems: Iterable[Any], how: str = "left out") -> None:
    """List what was left out, where anything was, and end accordingly."""
    listed = [str(problem) for problem in problems]
    for line in listed:
        say(f"{how}: {line}")
    if listed:
        raise Ended(DONE_IN_PART)
