"""Pictures of stained cells: nuclei of two kinds in tissue, with masks, boxes and a diagnosis."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from hounsfield.phantoms.fields import Array, smooth_field
from hounsfield.phantoms.nuclei import CLASSES, Layout, Nucleus, draw_layout
from hounsfield.phantoms.recipe import Null, Recipe
from hounsfield.values import Boxes, Case, Diagnosis, Grid, Image, LabelMap, Truth, refuse

SHAPE = (128, 128)
UNKNOWN = 255
DIAGNOSES = ("no", "yes")
# Optical density by channel of haematoxylin and eosin (Ruifrok and Johnston, Anal Quant Cytol Histol 2001).
HAEMATOXYLIN, EOSIN = np.array((0.65, 0.70, 0.29)), np.array((0.07, 0.99, 0.11))


def cells(
    seed: int, number: int, *, shape: tuple[int, ...] = SHAPE, difficulty: float = 0.5, null: Null = "none"
) -> Case:
    """A picture of tissue stained with haematoxylin and eosin.

    inputs: "image", uint8 RGB (3, rows, columns).  truths: "nuclei" (classes round and long, one instance each; 255
    where an out-of-focus nucleus makes it unknown), "boxes" (of the same instances; those out of focus to be ignored)
    and "diagnosis" ("yes" where many nuclei are long: five or more on 128 x 128 px, in proportion on others).
    An eighth of the pictures have no nuclei. Cases 2n and 2n + 1 are of one patient and share stain, tissue and blur.
    difficulty moves contrast, noise, overlap, debris and the stain's turn.
    null: "no_signal" leaves the nuclei out of the picture; "shuffled" takes the truths of another patient.
    """
    if len(shape) != 2 or min(shape) < 16:
        raise refuse("cells", f"cannot be made in the shape {tuple(shape)}", "Give two numbers of at least 16")
    settings = {"shape": [int(n) for n in shape]}
    recipe = Recipe("cells", int(seed), int(number), float(difficulty), null, 2, settings)
    return Case(
        recipe.id,
        inputs={"image": recipe.lazy(Image, "image", _picture)},
        truths={
            "nuclei": Truth(recipe.lazy(LabelMap, "nuclei", _nuclei)),
            "boxes": Truth(recipe.lazy(Boxes, "boxes", _boxes)),
            "diagnosis": Truth(recipe.lazy(Diagnosis, "diagnosis", _diagnosis)),
        },
        patient=recipe.patient,
        site=recipe.site,
    )


def many(shape: tuple[int, ...]) -> int:
    """How many long nuclei make the diagnosis on a picture of this shape."""
    return max(1, round(5 * shape[0] * shape[1] / 128**2))


def _grid(recipe: Recipe) -> Grid:
    return Grid.picture(tuple(recipe.settings["shape"]))


def _picture(recipe: Recipe) -> Image:
    shape = tuple(recipe.settings["shape"])
    habits = recipe.patient_stream("stain")
    stains = _turned(habits, np.stack([HAEMATOXYLIN, EOSIN]), degrees=recipe.knob(0, 10))
    strength = habits.uniform((0.85, 0.8), (1.15, 1.2))
    blur, noise_sd = habits.uniform(0.6, 0.9), recipe.knob(1, 11) * habits.uniform(0.85, 1.15)
    h, e = _tissue(recipe, shape, fibres=float(recipe.patient_stream("tissue_look").uniform(0, np.pi)))
    if recipe.null != "no_signal":
        grain = smooth_field(recipe.stream("chromatin"), shape, 0.9)
        for nucleus in draw_layout(recipe).nuclei:
            _stain(h, e, nucleus, grain, contrast=recipe.knob(1.25, 0.55))
    density = np.stack([strength[0] * h, strength[1] * e], axis=-1) @ stains
    light = 255 * np.exp(-ndimage.gaussian_filter(np.moveaxis(density, -1, 0), (0, blur, blur)))
    noise = recipe.stream("noise").standard_normal((3, *shape), dtype=np.float32)
    seen = np.clip(np.rint(light + noise_sd * noise), 0, 255).astype(np.uint8)
    return Image.of(seen, _grid(recipe), "microscopy")


def _turned(rng: np.random.Generator, stains: Array, degrees: float) -> Array:
    """Stain vectors (2, 3) of unit length, each turned a little, none of them negative."""
    turned = stains / np.linalg.norm(stains, axis=1, keepdims=True)
    turned = np.maximum(turned + np.tan(np.deg2rad(degrees)) * rng.uniform(-0.5, 0.5, (2, 3)), 0.02)
    units: Array = turned / np.linalg.norm(turned, axis=1, keepdims=True)
    return units


def _tissue(recipe: Recipe, shape: tuple[int, ...], fibres: float) -> tuple[Array, Array]:
    """Haematoxylin and eosin (rows, columns) of tissue without nuclei: fibres, clefts, and specks of debris."""
    rng = recipe.stream("tissue")
    slow, fine = smooth_field(rng, shape, 9), smooth_field(rng, shape, 1.2)
    row, column = np.indices(shape, dtype=np.float32)
    across = column * np.cos(fibres) - row * np.sin(fibres)
    streaks = np.sin(across * 0.9 + 2.2 * slow + 0.5 * fine)
    clefts = np.exp(-((smooth_field(rng, shape, 11) / 0.09) ** 2)) * (slow > -0.4)
    e = (0.42 + 0.07 * slow + 0.05 * fine + 0.05 * streaks) * (1 - 0.75 * clefts)
    h = (0.10 + 0.03 * fine) * (1 - 0.6 * clefts)
    debris = recipe.stream("debris")
    density = shape[0] * shape[1] / 128**2
    for centre in debris.uniform((0, 0), (shape[0] - 1, shape[1] - 1), (int(recipe.knob(0, 40) * density), 2)):
        speck = Nucleus("debris", (float(centre[0]), float(centre[1])), (1.6, 1.1), 0.0, np.zeros((2, 3)), 1.0)
        window = speck.window(shape, 2)
        h[window] += 0.8 * np.clip(0.5 - speck.distance(window), 0, 1)
    return h, e


def _stain(h: Array, e: Array, nucleus: Nucleus, grain: Array, contrast: float) -> None:
    """Lay a nucleus over the tissue: dark rim, grainy inside, a nucleolus in some round ones."""
    edge = 6.0 if nucleus.blurred else 1.2
    window = nucleus.window(h.shape, edge)
    distance = nucleus.distance(window)
    share = np.clip(0.5 - distance / edge, 0, 1)
    if nucleus.blurred:
        inside = np.full(distance.shape, 0.55)
    else:
        rim = np.exp(-(((distance + 1) / 1.1) ** 2))
        inside = 0.85 + 0.30 * rim + 0.14 * grain[window] + (0.15 if nucleus.kind == "long" else 0.0)
        if nucleus.kind == "round" and nucleus.chromatin > 1:
            inside += 0.5 * np.exp(-(((distance - distance.min()) / 1.2) ** 2))
    h[window] += share * (contrast * nucleus.chromatin * inside - h[window])
    e[window] *= 1 - 0.5 * share


def _layout(recipe: Recipe) -> Layout:
    return draw_layout(recipe.of_truth)


def _nuclei(recipe: Recipe) -> LabelMap:
    layout = _layout(recipe)
    classes = np.zeros(len(layout.nuclei) + 1, np.uint8)
    numbers = np.zeros(len(layout.nuclei) + 1, np.int32)
    for n, nucleus in enumerate(layout.nuclei, start=1):
        classes[n] = UNKNOWN if nucleus.blurred else 1 + CLASSES.index(nucleus.kind)
        numbers[n] = 0 if nucleus.blurred else n
    labels = dict(enumerate(CLASSES, start=1))
    return LabelMap(
        classes[layout.instances], _grid(recipe), labels, instances=numbers[layout.instances], ignore=UNKNOWN
    )


def _boxes(recipe: Recipe) -> Boxes:
    layout = _layout(recipe)
    corners = [
        ((rows.start - 0.5, columns.start - 0.5), (rows.stop - 0.5, columns.stop - 0.5))
        for rows, columns in ndimage.find_objects(layout.instances)
    ]
    return Boxes(
        np.array(corners, float),
        _grid(recipe),
        tuple(nucleus.kind for nucleus in layout.nuclei),
        ignore=np.array([nucleus.blurred for nucleus in layout.nuclei], bool),
    )


def _diagnosis(recipe: Recipe) -> Diagnosis:
    long = sum(nucleus.kind == "long" for _, nucleus in _layout(recipe).counted)
    return Diagnosis.certain(DIAGNOSES[int(long >= many(tuple(recipe.settings["shape"])))], DIAGNOSES)
