"""hounsfield register."""

from __future__ import annotations

import click

from hounsfield.cli.printing import print_json, tell
from hounsfield.cli.progress import Line
from hounsfield.cli.words import as_json, wished


@click.command("register")
@click.argument("fixed")
@click.argument("moving")
@click.option("--out", required=True, help="The transform to write: OUT.json, with OUT.nii.gz beside it.")
@click.option("--method", help="How to do it; one that learns nothing beforehand.")
@click.option("--set", "wishes", multiple=True, metavar="KEY=VALUE", help="Decide something about the method.")
@as_json
def register_command(
    fixed: str, moving: str, out: str, method: str | None, wishes: tuple[str, ...], as_json: bool
) -> None:
    """Bring one image onto another of the same body part, without training: writes the transform.

    FIXED: the image that stays, a file or a folder of one DICOM series; on its grid everything is carried.

    MOVING: the image that is brought onto it, of the same dimension.
    """
    words = wished(wishes)
    from hounsfield.verbs.beforehand import check_pair

    check_pair(fixed, moving, out, method, words)
    from hounsfield.verbs.register import register

    with Line() as watch:
        found = register(fixed, moving, out=out, method=method, wishes=words, watch=watch)
    if as_json:
        print_json(found.to_json())
    else:
        tell(repr(found))
        tell("", f"Next: hounsfield apply {found.files[0]} {moving} --out carried")
