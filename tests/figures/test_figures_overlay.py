"""Pictures of label maps, boxes, points and pairs, looked at pixel by pixel."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from hounsfield.figures.boxes import boxes_figure
from hounsfield.figures.colours import PALETTE, colour_of
from hounsfield.figures.label_maps import label_map_figure
from hounsfield.figures.overlay import TINT, overlay
from hounsfield.figures.pair import pair_figure
from hounsfield.figures.points import points_figure
from hounsfield.values import Boxes, Grid, Image, LabelMap, Points

WHITE = (255, 255, 255)


def pixels_of(png: bytes | None) -> np.ndarray:
    assert png is not None
    picture = Pillow.open(io.BytesIO(png))
    assert picture.format == "PNG"
    return np.asarray(picture.convert("RGB"))


def is_colour(pixels: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return (pixels == np.array(colour)).all(axis=-1)


def middle(mask: np.ndarray) -> np.ndarray:
    return np.argwhere(mask).mean(axis=0)


def square(low: int, high: int, value: int = 1, n: int = 40) -> np.ndarray:
    labels = np.zeros((n, n), np.uint8)
    labels[low:high, low:high] = value
    return labels


def test_the_answer_is_tinted_and_the_truth_is_outlined_in_white() -> None:
    pixels = pixels_of(overlay(np.full((40, 40), 100, np.uint8), square(10, 20), square(24, 34), {}))
    side = len(pixels)
    assert side >= 240
    orange = np.array(colour_of(0), float)
    at = int(side * 29 / 40)
    tinted = pixels[at, at].astype(float) - 100
    assert np.dot(tinted, orange - 100) > 0.99 * np.linalg.norm(tinted) * np.linalg.norm(orange - 100)
    white = np.argwhere(is_colour(pixels, WHITE)) * 40 / side
    assert white.min() == pytest.approx(10, abs=0.5)
    assert white.max() == pytest.approx(20, abs=0.5)
    np.testing.assert_array_equal(pixels[int(side * 15 / 40), int(side * 15 / 40)], (100, 100, 100))


def test_a_wrong_class_shows_in_the_colours_of_the_outline() -> None:
    labels = {1: "liver", 2: "spleen"}
    answer, truth = square(10, 30, 1), square(10, 30, 2)
    pixels = pixels_of(overlay(np.zeros((40, 40), np.uint8), truth, answer, labels))[:320]
    assert is_colour(pixels, colour_of(1)).any()  # the truth's spleen in its stripes
    right = pixels_of(overlay(np.zeros((40, 40), np.uint8), answer, answer, labels))[:320]
    assert not is_colour(right, colour_of(1)).any()


def test_colour_pictures_keep_their_colours_and_bytes_are_not_windowed() -> None:
    image = np.broadcast_to(np.array([200, 120, 60], np.uint8), (300, 400, 3))
    pixels = pixels_of(overlay(image, None, None, {}))
    assert pixels.shape == (300, 400, 3)
    assert is_colour(pixels, (200, 120, 60)).all()


def test_one_hot_pixel_does_not_darken_the_picture() -> None:
    image = np.tile(np.linspace(0, 1, 100, dtype=np.float32), (100, 1))
    image[50, 50] = 30_000
    pixels = pixels_of(overlay(image, None, None, {}))
    assert pixels[10, -10:].mean() > 230
    assert pixels[10, :10].mean() < 25


@pytest.mark.parametrize("value", [0.0, np.nan, 7.0])
def test_an_image_without_contrast_is_shown_too(value: float) -> None:
    assert pixels_of(overlay(np.full((5, 9), value, np.float32), None, square(1, 3, n=9)[:5], {1: "x"})).size


def test_the_palette_tells_sixteen_labels_apart() -> None:
    assert len({colour_of(n) for n in range(16)}) == 16
    assert {colour_of(n) for n in range(8)} == set(PALETTE)


# what is seen without one kind of cones, of linear sRGB (Machado, Oliveira, Fernandes 2009, table 1, severity 1)
WITHOUT_CONES = {
    "L": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "M": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "S": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def nearest_two(colours: np.ndarray) -> float:
    """The smallest distance of two colours (N, 3) in CIELAB, by LittleCMS."""
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = np.asarray(ImageCms.applyTransform(Pillow.fromarray(np.rint(colours)[None].astype(np.uint8)), to_lab))[0]
    lab = np.stack([lab[:, 0] / 2.55, *(lab[:, 1:].view(np.int8).T.astype(float))], axis=1)
    return min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(lab, 2))


def seen(colours: np.ndarray, without: str) -> np.ndarray:
    """Colours (N, 3) as somebody without a kind of cones sees them."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.array(WITHOUT_CONES[without]).T, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def test_the_labels_of_few_structures_look_different_to_everybody() -> None:
    """As outlines and as tints over grey: a difference of 10 is seen at a glance, one of 2 when looked for."""
    six = np.array([colour_of(n) for n in range(6)], float)
    assert nearest_two(np.array([colour_of(n) for n in range(8)], float)) > 25
    assert nearest_two(six) > 30
    for grey in (40, 90, 140, 190):
        assert nearest_two((1 - TINT) * grey + TINT * six[:5]) > 20
    for without in WITHOUT_CONES:
        assert nearest_two(seen(six[:5], without)) > 15


def volume() -> tuple[Image, LabelMap]:
    rng = np.random.default_rng(0)
    labels = np.zeros((20, 30, 12), np.uint8)
    labels[3:8, 5:12, 4:9] = 1
    grid = Grid.regular(labels.shape, (1.0, 1.0, 2.5))
    image = Image.of((40 * labels + rng.normal(100, 5, labels.shape)).astype(np.float32), grid, "MR")
    return image, LabelMap(labels, grid, {1: "nucleus"})


def test_three_planes_of_a_volume_are_true_to_their_millimetres() -> None:
    image, labels = volume()
    picture = label_map_figure(image, labels, labels, title="case 1")
    pixels = pixels_of(picture.png)
    # coronal (20 x 30 mm) and sagittal (30 x 30 mm) above, axial (20 x 30 mm) below; the longest side has 320 pixels
    scale = 320 / 30
    assert pixels.shape[0] == pytest.approx(2 * 30 * scale, abs=6)
    assert pixels.shape[1] == pytest.approx((20 + 30) * scale, abs=6)
    assert "truth" in picture.caption
    outlined = is_colour(pixels[:320, : int(20 * scale)], WHITE)
    row, column = middle(outlined)
    assert column == pytest.approx((20 - 5.5) * scale, abs=6)  # R is left
    assert row == pytest.approx((12 - 6.5) * 2.5 * scale, abs=6)


def test_what_nobody_annotated_is_not_outlined() -> None:
    image, labels = volume()
    unknown = np.full(image.grid.shape, 255, np.uint8)
    truth = LabelMap(unknown, image.grid, {1: "nucleus"}, ignore=255)
    with_unknown = label_map_figure(image, truth, labels, title="x")
    empty = LabelMap(np.zeros_like(unknown), image.grid, {1: "nucleus"})
    assert with_unknown.png == label_map_figure(image, empty, labels, title="x").png


def test_touching_objects_get_colours_of_their_own() -> None:
    grid = Grid.picture((40, 40))
    objects = np.zeros((40, 40), np.int32)
    objects[10:30, 10:20], objects[10:30, 20:30] = 1, 2
    answer = LabelMap((objects > 0).astype(np.uint8), grid, {1: "nucleus"}, instances=objects)
    image = Image.of(np.zeros((40, 40), np.float32), grid)
    pixels = pixels_of(label_map_figure(image, None, answer, title="x").png)
    assert is_colour(pixels, colour_of(0)).any()
    assert is_colour(pixels, colour_of(1)).any()


def test_the_legend_names_what_is_to_be_seen_and_nothing_else() -> None:
    image, labels = volume()
    many = LabelMap(labels.array, labels.grid, {**labels.labels, **{n: f"structure {n}" for n in range(2, 60)}})
    assert label_map_figure(image, labels, many, title="x").png == label_map_figure(image, many, many, title="x").png
    legend = pixels_of(label_map_figure(image, labels, many, title="x").png)[324:, 217:]  # right of the axial plane
    assert is_colour(legend, colour_of(0)).any()
    assert not is_colour(legend, colour_of(1)).any()


def test_boxes_lie_where_they_say_and_unsure_ones_are_counted() -> None:
    grid = Grid.picture((100, 200))
    image = Image.of(np.full((100, 200), 90, np.uint8), grid)
    corners = np.array([[[19.5, 49.5], [39.5, 89.5]], [[60, 150], [80, 180]], [[5, 5], [9, 9]]], float)
    answer = Boxes(corners, grid, ("RBC", "WBC", "RBC"), np.array([0.9, 0.8, 0.1]))
    picture = boxes_figure(image, Boxes(corners[:1] + 1, grid, ("RBC",)), answer, title="x")
    pixels = pixels_of(picture.png)[:160]  # 320 x 160, without the legend
    blue = np.argwhere(is_colour(pixels, colour_of(1))) / 1.6
    # the score stands above the box, so only its other sides are looked at
    assert blue[:, 0].max() == pytest.approx(80.5, abs=1.5)
    assert blue[:, 1].min() == pytest.approx(150.5, abs=1.5)
    assert is_colour(pixels, WHITE).any()
    assert "1 more with a score below 0.5" in picture.caption


def test_boxes_of_a_volume_are_drawn_in_the_planes_that_cut_them() -> None:
    image, _ = volume()
    here = Boxes(np.array([[[2.5, 4.5, 3.5], [7.5, 11.5, 8.5]]]), image.grid, ("nodule",))
    there = Boxes(np.array([[[15, 20, 10.5], [18, 25, 11.5]]]), image.grid, ("nodule",), np.array([0.9]))
    colour = colour_of(0)
    assert is_colour(pixels_of(boxes_figure(image, here, here, title="x").png)[:320], colour).any()
    assert not is_colour(pixels_of(boxes_figure(image, here, there, title="x").png)[:320], colour).any()
    assert boxes_figure(image, None, Boxes(np.zeros((0, 2, 3)), image.grid, ()), title="x").png


def test_points_say_the_largest_error_and_who_was_missed() -> None:
    image, _ = volume()
    names = ("AC", "PC", "eye")
    truth = Points(np.array([[5, 10, 10], [9, 20, 20], [3, 3, 3.0]]), names)
    answer = Points(np.array([[5, 10, 12], [9, 24, 23], [np.nan] * 3]), names, np.array([0.9, 0.8, 0.1]))
    picture = points_figure(image, truth, answer, title="x")
    assert "largest error is 5.0 mm, at PC" in picture.caption  # 3-4-5
    assert "Without an answer: eye" in picture.caption
    pixels = pixels_of(picture.png)
    assert is_colour(pixels, WHITE).any()
    assert is_colour(pixels, colour_of(1)).any()


def test_a_point_of_a_picture_is_circled_at_its_place() -> None:
    image = Image.of(np.zeros((100, 100), np.uint8), Grid.picture((100, 100)))
    picture = points_figure(image, None, Points(np.array([[20.0, 70.0]]), ("apex",)), title="x")
    row, column = middle(is_colour(pixels_of(picture.png)[:320], colour_of(0))) / 3.2 - 0.5
    assert (row, column) == pytest.approx((20, 70), abs=0.6)


def test_a_pair_that_agrees_is_grey_and_one_that_does_not_is_coloured() -> None:
    image, _ = volume()
    shifted = Image.of(np.roll(image.array()[0], 4, axis=1), image.grid)

    def colourfulness(picture) -> float:
        below = pixels_of(picture.png)[330:640, :300].astype(int)
        return float((below.max(axis=-1) - below.min(axis=-1)).mean())

    assert colourfulness(pair_figure(image, image, title="x")) < 3
    assert colourfulness(pair_figure(image, shifted, title="x")) > 15
    assert "before" in pair_figure(image, image, before=shifted, title="x").caption
    with pytest.raises(ValueError, match="laid over"):
        pair_figure(image, Image.of(np.zeros((3, 3, 3)), Grid.regular((3, 3, 3))), title="x")


def test_the_same_figure_twice_is_the_same_bytes() -> None:
    image, labels = volume()
    assert label_map_figure(image, labels, labels, title="x") == label_map_figure(image, labels, labels, title="x")
