"""How long a name may be so that an answer can be written under it."""

from __future__ import annotations

import os

from hounsfield.values import refuse

LONGEST = 255  # bytes of a file's name, on nearly all file systems
ASIDE = 10  # that `aside` puts in front of a name until the file is whole: .0123abcd.
ADDED = 21  # that an answer adds to its case's name at most: .probabilities.nii.gz


def check_length(name: str, *, where: object, added: int = 0) -> None:
    """Refuses a name that no file could have once it has grown by `added` bytes; of folders in it each is a name."""
    longest = LONGEST - ASIDE - added
    found = max(len(os.fsencode(part)) for part in name.split("/"))
    if found > longest:
        what = f"has a name of {found} bytes: with what is added to it, its answer would have more than {LONGEST}"
        raise refuse(where, what, f"Rename it, to at most {longest} bytes{' before the suffix' if added else ''}.")
