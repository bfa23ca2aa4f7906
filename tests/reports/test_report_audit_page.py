"""What a person finds on the page of an audit."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
import pytest
from parsed_page import Page
from PIL import Image as Pillow

from hounsfield.figures.thumbnail import thumbnail
from hounsfield.reports.audit_page import PICTURED, SHOWN, AuditContent, audit_page, pictured_cases
from hounsfield.values import Fault, Grid, Image

HOSTILE = "<img src=x onerror=alert(1)>"


def picture(seed: int) -> bytes:
    array = np.random.default_rng(seed).integers(0, 255, (30, 40)).astype(np.uint8)
    png = thumbnail(Image.of(array, Grid.picture(array.shape)))
    assert png is not None
    return png


def content() -> AuditContent:
    faults = [
        Fault("duplicates", "a.png and b.png", "are the same", "Keep one of them.", 1.0, ("a", "b")),
        Fault("outliers", f"{HOSTILE}.nii", f"has {HOSTILE}", "Look at it.", 0.75, (HOSTILE,)),
        Fault(
            "repeated_times", "c.txt and 9 more", "measures twice", "Decide.", 0.5, tuple(f"c{n}" for n in range(10))
        ),
    ]
    faults += [Fault("flat", f"f{n:02d}.nii", "is 0 everywhere", "Export it again.", 0.8) for n in range(SHOWN + 3)]
    return AuditContent(
        title=f"What is in /data/{HOSTILE}",
        summary="26 things that may be wrong.",
        command="hounsfield inspect /data/" + "deep/" * 40,
        rows=[("folder", f"/data/{HOSTILE}"), ("cases", "12 of 12 patients")],
        faults=faults,
        pictures={"a": picture(0), "b": picture(1), HOSTILE: picture(2)},
    )


@pytest.fixture(scope="module")
def full() -> Page:
    return Page(audit_page(content()))


def test_what_is_there_comes_first_then_the_checks_the_surest_first(full: Page) -> None:
    sections = [a.get("id") or a["aria-label"] for a in full.all("section")]
    assert sections == ["there", "duplicates", "flat", "outliers", "repeated times", "how"]


def test_each_fault_says_where_what_how_sure_and_what_to_do(full: Page) -> None:
    for words in (
        "a.png and b.png",
        "are the same.",
        "certain",
        "Keep one of them.",
        "likely (75 %)",
        "perhaps (50 %)",
    ):
        assert words in full.text
    assert "10 cases in all" in full.text


def test_a_pair_is_seen_side_by_side(full: Page) -> None:
    images = full.all("img")
    assert [image["alt"] for image in images[:2]] == ["The case a: duplicates", "The case b: duplicates"]
    for image in images:
        assert base64.b64decode((image["src"] or "").partition(",")[2]).startswith(b"\x89PNG")


def test_of_many_faults_the_first_are_open_and_the_rest_unfolds(full: Page) -> None:
    assert len(full.all("details")) == 1
    assert "3 more" in full.text
    assert "f22.nii" in full.text


def test_nothing_is_fetched_nothing_runs_and_names_stay_text(full: Page) -> None:
    assert len(full.all("img")) == 3  # the hostile name made none
    assert full.text.count(HOSTILE) >= 4
    for tag, attributes in full.elements:
        assert tag not in {"script", "link", "iframe", "object", "base", "form"}
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "srcset", "action"):
            assert (attributes.get(name) or "data:").startswith("data:")
    html = audit_page(content())
    assert "url(" not in html
    assert "@import" not in html
    assert html == audit_page(content())


def test_a_page_without_faults_says_what_that_means() -> None:
    page = Page(audit_page(AuditContent("Clean", "Nothing.", "hounsfield inspect x")))
    assert "No check found anything" in page.text
    assert [a.get("id") for a in page.all("section")] == ["there", "clean", "how"]


def test_pictures_are_made_of_the_surest_faults_only() -> None:
    faults = content().faults
    assert pictured_cases(faults, 3) == ["a", "b", HOSTILE]
    assert pictured_cases(faults, 99) == ["a", "b", HOSTILE, *(f"c{n}" for n in range(PICTURED))]


def test_thumbnails_are_true_to_the_spacing() -> None:
    volume = Image.of(np.zeros((20, 30, 5), np.float32), Grid.regular((20, 30, 5), spacing=(2.0, 1.0, 9.0)))
    assert Pillow.open(BytesIO(thumbnail(volume) or b"")).size == (160, 120)  # 40 mm across, 30 mm down
    thread = Image.of(np.zeros((1, 1, 9), np.float32), Grid.regular((1, 1, 9)))
    assert thumbnail(thread) is None
