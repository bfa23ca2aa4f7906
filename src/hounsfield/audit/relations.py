"""How the labels of a label map lie to each other: what betrays labels exchanged, and sides."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.robust import FEWEST, spread

MANY = 64  # labels beyond which pairs are not compared any more


@dataclass(frozen=True)
class Labelled:
    """What a label map holds: names of values, and volume and world centroid of each value that occurs."""

    where: str
    frame: str
    names: Mapping[int, str]
    volumes: Mapping[int, float]
    places: Mapping[int, tuple[float, ...]]


def labelled(case: OpenedCase) -> dict[str, Labelled]:
    """Truth -> what its label map holds."""
    found = {}
    for name, labels in case.labels().items():
        shapes = case.shapes(name)
        world = labels.grid.to_world([shape.centroid for shape in shapes.values()])
        found[name] = Labelled(
            where=case.where(name),
            frame=labels.grid.frame,
            names={value: word for value, word in labels.labels.items() if word != f"label_{value}"},
            volumes={value: shape.elements * labels.grid.voxel_volume for value, shape in shapes.items()},
            places={value: tuple(place) for value, place in zip(shapes, world.tolist(), strict=True)},
        )
    return found


class Relations(NamedTuple):
    """How label a lies to label b in several cases.

    numbers: (N, 1 + d) the logarithm of a's size over b's, and the way from b to a.
    """

    a: int
    b: int
    frame: str
    ids: Sequence[str]
    numbers: NDArray[np.float64]


def relations(maps: Mapping[str, Labelled]) -> Iterator[Relations]:
    """The relations of all pairs of labels that are in enough cases."""
    counts = Counter(value for one in maps.values() for value in one.volumes)
    values = sorted(value for value, count in counts.items() if 2 * count > len(maps))
    if len(values) > MANY:
        return
    for a, b in combinations(values, 2):
        alike: dict[tuple[str, int], list[str]] = defaultdict(list)
        for case_id, one in maps.items():
            if a in one.volumes and b in one.volumes:
                alike[one.frame, len(one.places[a])].append(case_id)
        for (frame, _), ids in alike.items():
            if len(ids) >= FEWEST:
                yield Relations(a, b, frame, ids, np.array([_relation(maps[i], a, b) for i in ids]))


def fit_only_turned(numbers: NDArray[np.float64], signs: Sequence[int]) -> NDArray[np.bool_]:
    """Which relations (N, 1 + d) are unlike the others as they are, and like them with these signs."""
    middle = np.median(numbers, axis=0)
    reach = max(1e-6, float(np.linalg.norm(middle[1:])))
    deviation = np.maximum(spread(numbers), [0.1, *[0.05 * reach] * (numbers.shape[1] - 1)])
    as_is = np.sqrt(np.mean(((numbers - middle) / deviation) ** 2, axis=1))
    turned = np.sqrt(np.mean(((numbers * signs - middle) / deviation) ** 2, axis=1))
    return np.asarray((as_is > 4) & (turned < 2.5))


def _relation(one: Labelled, a: int, b: int) -> list[float]:
    way = np.subtract(one.places[a], one.places[b])
    return [float(np.log(one.volumes[a] / one.volumes[b])), *way.tolist()]
