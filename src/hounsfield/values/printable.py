"""Text from files, with nothing in it that a terminal or a browser would obey."""

from __future__ import annotations

import re

COMMANDS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control codes (C0, DEL, C1), ends of lines, changes of the writing direction, halves of characters."""


def printable(text: str) -> str:
    r"""The text in one line, with every character that would be obeyed written out: \x1b, \n, \u202e."""
    return COMMANDS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
