"""A scan of a phantom torso: what a scanner sees on a grid, and the truth on the same grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from hounsfield.phantoms.anatomy import AIR_HU, LABELS, LUNG, Anatomy, Structure
from hounsfield.phantoms.deformation import Deformation, Pose, Waves, centres
from hounsfield.phantoms.fields import Array, LatticeField
from hounsfield.phantoms.recipe import Recipe
from hounsfield.phantoms.solids import Place
from hounsfield.values import Grid, Image, LabelMap, Points

FULL_VIEW_MM = (288.0, 240.0, 336.0)


@dataclass(frozen=True)
class Scan:
    """One volume of a case: the body's anatomy and pose, the grid it is seen on, and what moved since `pose` was true.

    role: the input's name; it has its own framing and noise.
    """

    recipe: Recipe
    role: str
    anatomy: Anatomy
    pose: Pose
    grid: Grid
    moved: Deformation | None = None

    @staticmethod
    def draw(recipe: Recipe, body: Recipe, role: str = "image") -> Scan:
        """The scan of this role, framed as `recipe` says, of the body that `body` says (another's in a shuffled truth).

        Anatomy and habits are the patient's, the posture is the case's, framing and noise are the role's.
        """
        anatomy = Anatomy.draw(
            body.patient_stream("habits"),
            body.patient_stream("organs"),
            movement=body.knob(0.5, 1.5),
            contrast=body.knob(1.5, 0.5),
        )
        return Scan(recipe, role, anatomy, _draw_pose(body), _draw_grid(recipe, role))

    def image(self) -> Image:
        """The volume in whole HU, int16."""
        structures = self.anatomy.wrapping()
        if self.recipe.null != "no_signal":
            structures += self.anatomy.contents()
        body = self._body(centres(self.grid, np.float32))
        hu, labels, texture_sd = paint(self.anatomy, structures, body, max(self.grid.spacing))
        grain = LatticeField(self.recipe.patient_stream("texture"), 9.0).at(body)
        hu += texture_sd * grain + 220 * (labels == LUNG) * np.clip(grain - 1.1, 0, 1.5)  # vessels of the lung
        noise = ndimage.gaussian_filter(
            self.recipe.stream(f"noise_{self.role}").standard_normal(self.grid.shape, dtype=np.float32), 0.5
        )
        noise_sd = self.recipe.knob(5, 55) * self.recipe.patient_stream("scanner").uniform(0.85, 1.15)
        seen = hu.reshape(self.grid.shape) + noise * (noise_sd / max(float(noise.std()), 1e-6))
        return Image.of(np.clip(np.rint(seen), -1024, 3071).astype(np.int16), self.grid, "CT")

    def organs(self) -> LabelMap:
        """The organ that has the largest share of each voxel."""
        structures = (*self.anatomy.wrapping(), *self.anatomy.contents())
        body = self._body(centres(self.grid, np.float32))
        _, labels, _ = paint(self.anatomy, structures, body, max(self.grid.spacing))
        return LabelMap(labels.reshape(self.grid.shape), self.grid, dict(LABELS))

    def landmarks(self) -> Points:
        """The named points; those outside the field of view are absent."""
        body = self.anatomy.landmarks()
        world = self.pose.to_world(np.stack(list(body.values()), axis=1))
        if self.moved is not None:
            world = self.moved.undo(world)
        inside = self.grid.contains(world.T)
        return Points(np.where(inside[:, None], world.T, np.nan), tuple(body), inside.astype(float))

    def _body(self, world: Array) -> Array:
        return self.pose.to_body(world if self.moved is None else self.moved.apply(world))


def paint(
    anatomy: Anatomy, structures: tuple[Structure, ...], body: NDArray[np.float32], edge_mm: float
) -> tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.float32]]:
    """HU, label and SD of the texture (N,) at body coordinates (3, N), one structure over the other.

    edge_mm: width over which one tissue goes over into the next, as partial volume makes it.
    """
    x, y, z = body
    hu = np.full(x.shape, AIR_HU, np.float32)
    labels = np.zeros(x.shape, np.uint8)
    texture_sd = np.zeros(x.shape, np.float32)
    depth = anatomy.depth(x, y, z)
    within = np.flatnonzero(depth > -edge_mm)
    place = Place(x, y, z, depth).at(within)
    for structure in structures:
        (x0, x1), (y0, y1), (z0, z1) = structure.bounds + edge_mm * np.array([-1, 1], np.float32)
        near = (place.z > z0) & (place.z < z1) & (place.x > x0) & (place.x < x1) & (place.y > y0) & (place.y < y1)
        chosen = np.flatnonzero(near)
        share = np.clip(0.5 - structure.distance(place.at(chosen)) / edge_mm, 0, 1)
        touched = within[chosen]
        hu[touched] += share * (structure.hu - hu[touched])
        texture_sd[touched] += share * (structure.texture - texture_sd[touched])
        labels[touched[share > 0.5]] = structure.label
    return hu, labels, texture_sd


def _draw_pose(recipe: Recipe) -> Pose:
    build = recipe.patient_stream("build")
    waves = Waves.draw(build, 6, length_mm=(180, 400), sd_mm=recipe.knob(2, 6))
    size = build.uniform(0.93, 1.07)
    posture = recipe.stream("posture")
    turn = Rotation.from_rotvec(np.deg2rad(posture.normal(0, 3.5, 3))).as_matrix()
    return Pose(turn.T / size, posture.normal(0, 5, 3), waves)


def _draw_grid(recipe: Recipe, role: str) -> Grid:
    """A grid as scanners give them: axes that may run backwards, a slight tilt, and not all of the body in view."""
    shape, spacing = np.array(recipe.settings["shape"]), np.array(recipe.settings["spacing"])
    scanner = recipe.patient_stream("scanner_axes")
    signs = np.where(scanner.uniform(size=3) < (0.5, 0.5, 0.2), -1.0, 1.0)
    tilt = Rotation.from_rotvec(np.deg2rad(scanner.uniform(-4, 4, 3))).as_matrix()
    middle = recipe.stream(f"framing_{role}").uniform((-18, -12, -45), (18, 12, 40))
    affine = np.eye(4)
    affine[:3, :3] = tilt * (signs * spacing)
    affine[:3, 3] = middle - affine[:3, :3] @ ((shape - 1) / 2)
    return Grid(tuple(int(n) for n in shape), affine)
