"""The torso in its own coordinates: structures in the order of painting, landmarks as points, all in mm.

Body coordinates are RAS: x to the right of the patient, y forwards, z upwards; the origin lies on the axis of the body
near the top of the diaphragm. Sizes are those of a small adult.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hounsfield.phantoms.fields import Array
from hounsfield.phantoms.solids import Place, all_of, any_of, around, box, ellipsoid, melt, repeated, step

LABELS = {1: "lung", 2: "liver", 3: "spleen", 4: "kidney", 5: "spine"}
LUNG, LIVER, SPLEEN, KIDNEY, SPINE = LABELS
AIR_HU, FAT_HU, MUSCLE_HU = -1000.0, -100.0, 55.0
# Above muscle, for a patient of average contrast in the portal venous phase.
ENHANCEMENT_HU = {"heart": 35.0, "liver": 60.0, "spleen": 90.0, "kidney": 130.0, "vessel": 110.0}
VERTEBRA_MM = 29.0
MOVING = ("heart", "liver", "spleen", "right kidney", "left kidney")
_EVERYWHERE = box((-300, 300), (-300, 300), (-500, 500))


@dataclass(frozen=True)
class Structure:
    """One thing that is painted.

    hu: what it reads.  label: its value in the label map, 0 for what has none.  bounds: (3, 2) low and high that it
    stays within, mm; a tube ends there.  distance: signed, mm.  texture: SD of its texture in HU.
    """

    name: str
    hu: float
    label: int
    bounds: NDArray[np.float32]
    distance: Callable[[Place], Array]
    texture: float = 8.0


@dataclass(frozen=True)
class Loop:
    """A piece of bowel: centre (3,) and radius in mm, with gas or without."""

    centre: NDArray[np.float64]
    radius: float
    gas: bool


@dataclass(frozen=True)
class Anatomy:
    """A patient's torso.

    girth: factor of the body's width and depth.  rim: fat below the skin, mm.  bone: HU above muscle.
    contrast: factor of the organs' HU above muscle.  breath: height of the diaphragm, mm.  phase: height of one
    vertebra's middle, mm.  lean: tilt of each kidney.  move, grow: (3,) mm and (3,) factors by organ.
    """

    girth: float
    rim: float
    bone: float
    contrast: float
    loops: tuple[Loop, ...]
    breath: float
    phase: float
    lean: dict[str, float]
    move: dict[str, NDArray[np.float64]]
    grow: dict[str, NDArray[np.float64]]

    @staticmethod
    def draw(habits: np.random.Generator, organs: np.random.Generator, *, movement: float, contrast: float) -> Anatomy:
        """A patient's torso: `habits` draws what all of the body shares, `organs` what the truth is about.

        movement: factor of the organs' free movement.  contrast: factor of their difference from muscle.
        """
        centres = habits.uniform((-75, -8, -225), (75, 45, -100), (16, 3))
        radii, gas = habits.uniform(12, 20, 16), habits.uniform(size=16) < 0.2
        return Anatomy(
            girth=habits.uniform(0.93, 1.07),
            rim=habits.uniform(6, 16),
            bone=habits.uniform(270, 330),
            contrast=contrast * habits.uniform(0.92, 1.08),
            loops=tuple(Loop(c, float(r), bool(g)) for c, r, g in zip(centres, radii, gas, strict=True)),
            breath=organs.normal(0, 5 * movement),
            phase=organs.uniform(-0.5, 0.5) * VERTEBRA_MM,
            lean={name: organs.normal(0.22, 0.1) for name in ("right kidney", "left kidney")},
            move={name: organs.normal(0, 3 * movement, 3) for name in MOVING},
            grow={name: organs.uniform(0.9, 1.1, 3) for name in MOVING},
        )

    def depth(self, x: Array, y: Array, z: Array) -> Array:
        """How deep below the skin points (N,) lie, mm, negative outside: a superellipse at each height."""
        shoulders, neck = step((z - 125) / 10), step((z - 200) / 9)
        width = self.girth * (119 - 6 * np.exp(-(((z + 60) / 55) ** 2))) + 14 * shoulders - 75 * neck
        front = self.girth * 86 - 18 * shoulders - 14 * neck
        ratio = (np.abs(x / width) ** 2.5 + np.abs(y / front) ** 2.5) ** 0.4
        return (np.hypot(x, y) + 1e-3) * (1 / (ratio + 1e-6) - 1)

    def hu(self, organ: str) -> float:
        """What an enhancing organ reads."""
        return MUSCLE_HU + self.contrast * ENHANCEMENT_HU[organ]

    def centre(self, organ: str) -> NDArray[np.float64]:
        """The middle of an organ (of the liver: of its right lobe)."""
        rest, share = {
            "heart": ((-16, 22, 52), 1.0),
            "liver": ((46, 4, -32), 1.0),
            "spleen": ((-70, -24, -26), 1.0),
            "right kidney": ((52, -36, -92), 0.6),
            "left kidney": ((-50, -37, -82), 0.6),
        }[organ]
        centre: NDArray[np.float64] = np.array(rest, float) + self.move[organ]
        centre[2] += share * self.breath
        return centre

    # Walls of the body's rooms.

    def cavity(self, p: Place) -> Array:
        """Inside the wall of chest and belly."""
        return self.rim + 13 - p.depth

    def diaphragm(self, p: Place) -> Array:
        """Height of the point above the diaphragm's two domes, the right one higher."""
        sag = ((np.abs(p.x) - 48) / 52) ** 2 * 22 + ((p.y - 8) / 60) ** 2 * 38
        return p.z - (22 + self.breath + 9 * step(p.x / 20) - sag)

    # Organs with a label.

    def lung(self, p: Place) -> Array:
        """Both lungs; what stands in the mediastinum is painted over them."""
        side = np.abs(p.x)
        pleura = ellipsoid(side, p.y, p.z, (50, -6, 20), (60, 84, 140))
        return all_of(pleura, self.cavity(p), -self.diaphragm(p), 12 + 0.1 * np.abs(p.y + 10) - side)

    def liver(self, p: Place) -> Array:
        """A large right and a small left lobe under the diaphragm, the kidney in its own bed of fat behind them."""
        centre, size = self.centre("liver"), self.grow["liver"]
        right = ellipsoid(p.x, p.y, p.z, centre, size * (50, 58, 56))
        tip = ellipsoid(p.x, p.y, p.z, centre + size * (20, 4, -34), size * (30, 38, 44))
        left = ellipsoid(p.x, p.y, p.z, centre + np.array((-52, 28, 24)), size * (54, 30, 28))
        lobes = melt(melt(right, tip, 12), left, 12)
        return all_of(lobes, self.cavity(p) + 1, self.diaphragm(p) + 2, 6 - self.kidney(p, 1))

    def spleen(self, p: Place) -> Array:
        """A crescent in the left upper belly."""
        centre, size = self.centre("spleen"), self.grow["spleen"]
        outer = ellipsoid(p.x, p.y, p.z, centre, size * (30, 42, 44))
        notch = ellipsoid(p.x, p.y, p.z, centre + np.array((38, 22, -2)), size * (28, 34, 60))
        return all_of(outer, -notch, self.cavity(p) + 1, self.diaphragm(p) + 2, 4 - self.kidney(p, -1))

    def kidney(self, p: Place, side: int) -> Array:
        """The right (side 1) or left (-1) kidney, leaning inwards at the top, with its hilum."""
        organ = "right kidney" if side > 0 else "left kidney"
        lean = side * self.lean[organ]
        x, y, z = (q - c for q, c in zip((p.x, p.y, p.z), self.centre(organ).tolist(), strict=True))
        x, z = x + lean * z, z - lean * x
        hilum = ellipsoid(x, y, z, (-side * 25, 5, 0), (14, 10, 15))
        return all_of(ellipsoid(x, y, z, (0, 0, 0), self.grow[organ] * (25, 21, 47)), -hilum)

    def column(self, p: Place) -> tuple[Array, Array]:
        """x and y from the middle of the spine, which is bent as a spine is."""
        return p.x, p.y + 47 + 5 * np.sin(p.z / 70)

    def spine(self, p: Place) -> Array:
        """Bodies, arches and processes of the vertebrae around the canal."""
        x, y = self.column(p)
        body = np.hypot(x / 1.15, y) - 17 + 1.5 * np.cos(2 * np.pi * (p.z - self.phase) / VERTEBRA_MM)
        level = np.abs(repeated(p.z - self.phase + 4, VERTEBRA_MM)) - 10
        arch = np.hypot(x, y + 24) - 13
        spinous = all_of(np.abs(x) - 5, np.abs(y + 34) - 14)
        transverse = all_of(np.abs(x) - 30, np.abs(y + 18) - 5.5)
        return all_of(any_of(body, all_of(any_of(arch, spinous, transverse), level)), 7 - np.hypot(x, y + 24))

    def discs(self, p: Place) -> Array:
        """Discs between the vertebral bodies; they belong to the spine."""
        x, y = self.column(p)
        between = np.abs(repeated(p.z - self.phase + VERTEBRA_MM / 2, VERTEBRA_MM)) - 3
        return all_of(np.hypot(x / 1.15, y) - 16, between)

    # What has no label.

    def heart(self, p: Place) -> Array:
        """An egg whose apex points left, down and forwards."""
        x, y, z = (q - c for q, c in zip((p.x, p.y, p.z), self.centre("heart").tolist(), strict=True))
        along = -0.72 * x + 0.42 * y - 0.55 * z
        across = np.sqrt(np.maximum(x * x + y * y + z * z - along * along, 0))
        return ellipsoid(along, across, 0.0, (0, 0, 0), self.grow["heart"][0] * np.array((54, 40, 40)))

    def stomach(self, p: Place) -> Array:
        """A bag below the left dome."""
        bag = ellipsoid(p.x, p.y, p.z, (-44, 22, -34), (38, 32, 44))
        return all_of(bag, self.cavity(p) + 2, self.diaphragm(p) + 4)

    def vessel(self, p: Place, x: float, y: float) -> Array:
        """A great vessel along the spine."""
        distance: Array = np.hypot(p.x - x, p.y - y + 5 * np.sin(p.z / 70)) - 9.5
        return distance

    def bowel(self, p: Place, loop: Loop) -> Array:
        """One loop of bowel."""
        radii = (1.5 * loop.radius, loop.radius, loop.radius)
        return all_of(ellipsoid(p.x, p.y, p.z, loop.centre, radii), self.cavity(p) + 3, self.diaphragm(p) + 6)

    def psoas(self, p: Place) -> Array:
        """The muscles beside the lumbar spine, thinner upwards."""
        distance: Array = np.hypot(np.abs(p.x) - 34, p.y + 36) - 15 + 0.08 * np.maximum(p.z + 110, 0)
        return distance

    def airway(self, p: Place) -> Array:
        """Trachea and main bronchi; the carina lies at (0, -14, 106)."""
        side = np.abs(p.x)
        trachea = all_of(np.hypot(p.x, p.y + 14) - 8, 106 - p.z)
        return any_of(trachea, all_of(np.hypot(p.y + 14, p.z - 106 + 0.7 * side) - 6.5, side - 28))

    def ribs(self, p: Place) -> Array:
        """Slanted bands in the chest wall, with gaps at the spine and at the breast bone."""
        band = np.abs(repeated(p.z + 0.4 * p.y - 3, 25)) - 5
        shell = np.abs(p.depth - self.rim - 7) - 4.5
        gap = np.where(p.y < 0, 30 - np.abs(p.x), 22 - np.abs(p.x))
        return all_of(band, shell, gap, -45 - p.z - 0.4 * p.y, p.z - 150)

    def sternum(self, p: Place) -> Array:
        """The breast bone."""
        return all_of(np.abs(p.x) - 15, np.abs(p.depth - self.rim - 7) - 5, -p.y, 25 - p.z, p.z - 140)

    def pelvis(self, p: Place) -> Array:
        """The wings of the pelvis, where the field of view reaches so low."""
        wing = ellipsoid(np.abs(p.x), p.y, p.z, (42, -8, -250), (62, 62, 92))
        return all_of(np.abs(wing) - 5, 16 - np.abs(p.x), self.rim + 3 - p.depth)

    def wrapping(self) -> tuple[Structure, ...]:
        """The body without anything in it: all that is painted where there is to be no signal."""
        return (
            Structure("fat", FAT_HU, 0, _EVERYWHERE, lambda p: -p.depth),
            Structure("muscle", MUSCLE_HU, 0, _EVERYWHERE, lambda p: self.rim - p.depth),
        )

    def contents(self) -> tuple[Structure, ...]:
        """Everything in the body; what comes later is painted over what came before."""
        right, left = self.centre("right kidney"), self.centre("left kidney")
        vessel, bone = self.hu("vessel"), MUSCLE_HU + 0.8 * self.bone
        return (
            Structure("mediastinum", 20, 0, _EVERYWHERE, lambda p: all_of(self.cavity(p), -self.diaphragm(p))),
            Structure("belly", FAT_HU, 0, _EVERYWHERE, lambda p: all_of(self.cavity(p) + 2, self.diaphragm(p) + 5)),
            Structure("lung", -850, LUNG, box((-125, 125), (-110, 110), (-80, 170)), self.lung, 45),
            *(
                Structure(
                    "bowel",
                    -600 if loop.gas else 40,
                    0,
                    around(loop.centre, 1.6 * loop.radius),
                    partial(self.bowel, loop=loop),
                    14,
                )
                for loop in self.loops
            ),
            Structure("psoas", MUSCLE_HU, 0, box((-60, 60), (-75, -5), (-500, -70)), self.psoas),
            Structure("heart", self.hu("heart"), 0, around(self.centre("heart"), 64), self.heart),
            Structure("stomach", 25, 0, box((-90, 0), (-20, 65), (-90, 40)), self.stomach, 12),
            Structure(
                "stomach air",
                -850,
                0,
                box((-90, 0), (25, 65), (-90, 40)),
                lambda p: all_of(self.stomach(p) + 4, 34 - p.y),
            ),
            Structure("aorta", vessel, 0, box((-30, 10), (-45, 5), (-500, 115)), partial(self.vessel, x=-10, y=-19)),
            Structure("cava", vessel, 0, box((0, 35), (-45, 5), (-500, 40)), partial(self.vessel, x=16, y=-18)),
            Structure("liver", self.hu("liver"), LIVER, box((-100, 130), (-100, 110), (-140, 70)), self.liver, 9),
            Structure("spleen", self.hu("spleen"), SPLEEN, box((-130, -20), (-100, 50), (-120, 70)), self.spleen),
            Structure("kidney", self.hu("kidney"), KIDNEY, around(right, 60), partial(self.kidney, side=1)),
            Structure("kidney", self.hu("kidney"), KIDNEY, around(left, 60), partial(self.kidney, side=-1)),
            Structure("airway", -950, 0, box((-42, 42), (-28, 0), (70, 500)), self.airway),
            Structure("spine", MUSCLE_HU + self.bone, SPINE, box((-42, 42), (-115, -20), (-500, 500)), self.spine, 30),
            Structure("discs", bone, SPINE, box((-25, 25), (-80, -20), (-500, 500)), self.discs),
            Structure("ribs", bone, 0, box((-160, 160), (-110, 110), (-110, 160)), self.ribs, 30),
            Structure("sternum", bone, 0, box((-22, 22), (20, 110), (15, 150)), self.sternum, 30),
            Structure("pelvis", bone, 0, box((-150, 150), (-100, 90), (-500, -140)), self.pelvis, 30),
        )

    def landmarks(self) -> dict[str, NDArray[np.float64]]:
        """Named points (3,), each inside its structure."""
        l1 = self.phase + VERTEBRA_MM * np.round((-75 - self.phase) / VERTEBRA_MM)
        apex = 44 * self.grow["heart"][0] * np.array((-0.72, 0.42, -0.55))
        poles = {
            f"{side}_kidney_{name}": self._pole(f"{side} kidney", sign, end)
            for side, sign in (("right", 1), ("left", -1))
            for name, end in (("upper", 1), ("lower", -1))
        }
        return {
            "right_lung_apex": np.array((46, -8, 138.0)),
            "left_lung_apex": np.array((-46, -8, 138.0)),
            "carina": np.array((0, -14, 106.0)),
            "heart_apex": self.centre("heart") + apex,
            "liver_dome": self.centre("liver") + self.grow["liver"] * (4, 2, 38),
            "liver_tip": self.centre("liver") + self.grow["liver"] * (22, 4, -60),
            "spleen_tip": self.centre("spleen") + self.grow["spleen"] * (-8, 8, -30),
            **poles,
            "vertebra_l1": np.array((0, -47 - 5 * np.sin(l1 / 70), l1)),
        }

    def _pole(self, organ: str, side: int, end: int) -> NDArray[np.float64]:
        lean = side * self.lean[organ]
        reach = end * 0.75 * 47 * self.grow[organ][2]
        # The kidney's own axes are (x + lean z, z - lean x); this is the way back from (0, reach).
        return self.centre(organ) + np.array((-lean * reach, 0, reach)) / (1 + lean**2)
