"""hounsfield apply."""

from __future__ import annotations

from pathlib import Path

import click

from hounsfield.cli.ending import INTERRUPTED, Ended, end_in_part
from hounsfield.cli.printing import print_json, say, tell
from hounsfield.cli.progress import Line
from hounsfield.cli.words import as_json


@click.command("apply")
@click.argument("transform")
@click.argument("files", nargs=-1, required=True)
@click.option("--out", required=True, help="The folder for what is carried; names are kept.")
@click.option("--inverse", is_flag=True, help="From the fixed image to the moving one.")
@click.option("--labels/--images", default=None, help="What the files are; found by their values where not given.")
@as_json
def apply_command(
    transform: str, files: tuple[str, ...], out: str, inverse: bool, labels: bool | None, as_json: bool
) -> None:
    """Carry images, label maps and points from the moving image to the fixed one.

    TRANSFORM: what `register` or `predict` wrote, NAME.json with its fields beside it, or a displacement field of ITK
    or ANTs.

    FILES: images and label maps of any format, and points as .csv (name, x, y, z), in the moving image's world. One
    that lies nowhere on its grid is left out.
    """
    from hounsfield.verbs.beforehand import check_carried

    check_carried(transform, [Path(file) for file in files], Path(out))
    from hounsfield.verbs.apply import apply

    try:
        with Line() as watch:
            carried = apply(transform, files, out=out, inverse=inverse, labels=labels, watch=watch)
    except KeyboardInterrupt:
        whole = sum((Path(out) / Path(file).name).exists() for file in files)
        if not whole:
            raise
        say(f"interrupted. {whole} of {len(files)} are carried, as a whole, in {out}: ask for the others to go on.")
        raise Ended(INTERRUPTED) from None
    if as_json:
        print_json(carried.to_json())
    else:
        words = {"linear": "an image, linearly", "nearest": "a label map, by the nearest element", "points": "points"}
        for file, how in carried.done.items():
            tell(f"{file} -> {carried.out}: as {words[how]}")
        if "points" in carried.done.values() and not inverse:
            tell(f"points are exact to {carried.residual_mm:.2g} mm")
    for file, alarm in carried.alarms.items():
        say(f"{file}: {alarm}")
    end_in_part(carried.problems)
