"""The reference names every layout and every format, and says rightly what is written."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from hounsfield.answers.image_files import write_image, write_labels
from hounsfield.registry.tables import FORMATS, LAYOUTS, POINTS
from hounsfield.values import Grid, Refused

DOCS = Path(__file__).parents[2] / "docs" / "reference"
ROW = re.compile(r"^\| `([^`]+)` \| (.*) \|$", re.MULTILINE)
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif")


def rows(page: str, *, of: str) -> dict[str, list[str]]:
    """Name -> the other cells of its row, in the first table whose first column is called so."""
    _, _, rest = (DOCS / page).read_text(encoding="utf-8").partition(f"\n| {of} |")
    assert rest, f"{page} has no table of {of}"
    return {name: cells.split(" | ") for name, cells in ROW.findall(rest.split("\n\n")[0])}


def test_the_page_of_folders_names_every_layout() -> None:
    assert sorted(rows("folders.md", of="layout")) == sorted(LAYOUTS.own)


def test_the_page_of_formats_names_every_suffix_and_every_format_of_points() -> None:
    assert sorted(rows("formats.md", of="suffix")) == sorted(FORMATS.own)
    assert sorted(rows("formats.md", of="ending")) == sorted(POINTS.own)


@pytest.mark.parametrize("suffix", sorted(FORMATS.own))
def test_the_page_of_formats_says_rightly_what_is_written(suffix: str, tmp_path: Path) -> None:
    shape = (5, 4) if suffix in PICTURES else (5, 4, 3)
    grid = Grid(shape, np.eye(len(shape) + 1), *(("px", "image") if len(shape) == 2 else ("mm", "RAS")))
    numbers = np.zeros(shape, np.uint8)
    written = []
    for name, write in (
        ("image", lambda path: write_image(path, numbers[None].astype(np.float32), grid, np.dtype(np.uint8))),
        ("labels", lambda path: write_labels(path, numbers, grid)),
    ):
        path = tmp_path / f"{name}{suffix}"
        try:
            write(path)
        except Refused:
            written.append("no")
        else:
            assert path.is_file()
            written.append("yes")
    assert rows("formats.md", of="suffix")[suffix][-2:] == written


@pytest.mark.parametrize("page", ["README.md", "docs/reference/folders.md"])
def test_links_between_the_documents_lead_somewhere(page: str) -> None:
    path = DOCS.parents[1] / page
    links = [link for link in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")) if "://" not in link]
    assert links
    assert [link for link in links if not (path.parent / link).exists()] == []
