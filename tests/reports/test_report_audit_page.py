"""What a person finds on the page of an audit."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
import pytest
from parsed_page import Page
from PIL import Image as Pillow

from hounsfield.figures.thumbnail import thumbnail
from hounsfield.reports.audit_page import PICTURED, SHOWN, AuditContent, Seen, audit_page, inside, pictured
from hounsfield.values import Boxes, Fault, Grid, Image

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
        pictures={
            faults[0]: [Seen("a", picture(0)), Seen("b", picture(1))],
            faults[1]: [Seen(HOSTILE, picture(2))],
        },
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


def test_pictures_are_made_of_the_surest_faults_first_and_of_few_cases_each() -> None:
    found = pictured(content().faults)
    assert [ids for _, ids in found if ids] == [("a", "b"), (HOSTILE,), tuple(f"c{n}" for n in range(PICTURED))]
    assert len(found) == 3 + SHOWN  # what unfolds has none


def test_what_another_reading_finds_stands_under_its_name() -> None:
    fault = Fault("contradictions", "a.png and b.png", "are the same, and are said to be x and y", "Ask.", 1.0, ("a",))
    also = {HOSTILE: [fault]}
    page = Page(audit_page(AuditContent("T", "S", "c", also=also, pictures={fault: [Seen("a", picture(0))]})))
    assert [a.get("id") or a["aria-label"] for a in page.all("section")] == ["there", "also-1", "contradictions", "how"]
    assert f"Read as {HOSTILE}" in page.text
    assert len(page.all("img")) == 1
    assert "contradictions 1, certain" in page.text


def test_files_are_named_inside_their_folder() -> None:
    assert inside("/data/set/a.png and /data/set/b.png", "/data/set") == "a.png and b.png"
    assert inside("/data/set.zip::a.png", "/data/set.zip") == "a.png"
    assert inside("/data/settled/a.png", "/data/set") == "/data/settled/a.png"
    assert inside("a.png", "") == "a.png"


def test_a_page_of_many_faults_stays_small() -> None:
    """500 faults, each of which could have pictures."""
    faults = [Fault("flat", f"{'f' * 80}{n}.nii", "is 0 everywhere", "Export it.", 0.8, (f"c{n}",)) for n in range(500)]
    shown = {fault: [Seen("c", picture(0))] for fault, _ in pictured(faults)}
    assert len(shown) == SHOWN
    assert len(audit_page(AuditContent("T", "S", "c", faults=faults, pictures=shown))) < 2**20


def test_thumbnails_are_true_to_the_spacing() -> None:
    volume = Image.of(np.zeros((20, 30, 5), np.float32), Grid.regular((20, 30, 5), spacing=(2.0, 1.0, 9.0)))
    assert Pillow.open(BytesIO(thumbnail(volume) or b"")).size == (160, 120)  # 40 mm across, 30 mm down
    thread = Image.of(np.zeros((1, 1, 9), np.float32), Grid.regular((1, 1, 9)))
    assert thumbnail(thread) is None


def colours(png: bytes | None) -> np.ndarray:
    return np.asarray(Pillow.open(BytesIO(png or b"")).convert("RGB")).astype(int)


def marked(png: bytes | None) -> np.ndarray:
    """Where something is drawn in orange: (row, column) as shares of the picture."""
    pixels = colours(png)
    is_orange = (pixels[..., 0] > 180) & (pixels[..., 2] < 90)
    return np.argwhere(is_orange) / pixels.shape[:2]


def test_a_box_is_drawn_where_it_is_and_the_one_to_look_at_stands_out() -> None:
    image = Image.of(np.zeros((100, 200), np.uint8), Grid.picture((100, 200)))
    corners = np.array([[[10, 20], [50, 80]], [[60, 120], [80, 160]]], float)
    boxes = Boxes(corners, image.grid, ("cell", "cell"))
    places = marked(thumbnail(image, boxes=boxes, at=(70, 140)))
    assert np.allclose([places.min(axis=0), places.max(axis=0)], [[0.6, 0.6], [0.8, 0.8]], atol=0.03)
    assert marked(thumbnail(image, boxes=boxes)).size == 0
    white = np.argwhere((colours(thumbnail(image, boxes=boxes)) > 200).all(axis=-1))
    assert len(white) > 100


def test_a_place_has_a_ring_around_it() -> None:
    image = Image.of(np.zeros((100, 100), np.uint8), Grid.picture((100, 100)))
    places = marked(thumbnail(image, at=(25, 75)))
    assert np.allclose(places.mean(axis=0), [0.25, 0.75], atol=0.02)
    tiny = Boxes(np.array([[[25, 75], [25, 75]]], float), image.grid, ("cell",))
    assert np.ptp(marked(thumbnail(image, boxes=tiny, at=(25, 75))), axis=0).min() > 0.08


def test_labels_are_shown_where_most_of_them_lie_in_the_plane_that_shows_most() -> None:
    """Slices 9 mm apart that run from back to front: the plane across is looked at, and it is the fifth."""
    labels = np.zeros((40, 7, 40), np.uint8)
    labels[10:30, 5, 10:30] = 1
    image = Image.of(np.zeros(labels.shape, np.float32), Grid.regular(labels.shape, (1, 9, 1)))
    png = thumbnail(image, labels=labels)
    pixels = colours(png)
    assert pixels.shape[:2] == (288, 288)
    assert np.allclose(np.argwhere(pixels[..., 0] > 40).mean(axis=0), 144, atol=6)


def test_nothing_from_a_file_turns_the_direction_of_the_page() -> None:
    forged = "red\u202eevil\u2066\x1b[2J"
    fault = Fault("flat", f"{forged}.nii", f"has {forged}", forged, 0.8, (forged,))
    seen = {fault: [Seen(forged, picture(0))]}
    html = audit_page(AuditContent(forged, forged, forged, rows=[(forged, forged)], faults=[fault], pictures=seen))
    assert not {"\u202e", "\u2066", "\x1b"} & set(html)
    assert html.count(r"red\u202eevil\u2066\x1b[2J") >= 8
