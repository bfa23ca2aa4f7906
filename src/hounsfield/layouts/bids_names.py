"""Names in the way of BIDS: sub-01_ses-2_space-T1w_desc-rater03_afids, entities with values and a word at the end.

Source: K. J. Gorgolewski et al., "The brain imaging data structure", Scientific Data 3, 2016.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

WHOSE = ("sub", "tpl")
OF_ITS_OWN = ("desc", "label", "res", "seg", "space")
"""Entities that say what a file is about, not which scan it belongs to."""


@dataclass(frozen=True)
class BidsName:
    """A name without its suffix. entities: such as sub -> 01.  word: the last part, when it is no entity."""

    stem: str
    entities: Mapping[str, str]
    word: str

    @property
    def subject(self) -> str:
        """Whose file it is: sub-01, or tpl-NAME."""
        return next(f"{key}-{self.entities[key]}" for key in WHOSE if key in self.entities)

    @property
    def visit(self) -> str:
        """Whose and of when: sub-01, or sub-01_ses-2."""
        return "_".join(filter(None, (self.subject, self.session)))

    @property
    def session(self) -> str:
        """Of when it is: ses-2; empty where nobody says."""
        return f"ses-{self.entities['ses']}" if "ses" in self.entities else ""

    @property
    def said(self) -> str:
        """What the name says besides: acq-ax_T1w."""
        own = (self.subject, self.session)
        return "_".join(part for part in self.stem.split("_") if part not in own)

    def may_lie_on(self, image: BidsName) -> bool:
        """Whether what this file says may be about an image: nothing in the names speaks against it.

        `space` names the image's word (space-T1w) or its own space.
        """
        shared = self.entities.keys() & image.entities.keys() - set(OF_ITS_OWN)
        space = self.entities.get("space")
        return all(self.entities[key] == image.entities[key] for key in shared) and space in (
            None,
            image.word,
            image.entities.get("space"),
        )


def bids_name(stem: str) -> BidsName | None:
    """The parts of a name; None where it is not in the way of BIDS."""
    parts = stem.split("_")
    entities = dict(part.split("-", 1) for part in parts if "-" in part)
    if not any(entities.get(key) for key in WHOSE):
        return None
    return BidsName(stem, entities, "" if "-" in parts[-1] else parts[-1])
