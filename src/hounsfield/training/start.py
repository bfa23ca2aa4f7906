"""Starting from what another model has learnt."""

from __future__ import annotations

from hounsfield.values import State, refuse


def matching(state: State, start: State) -> list[str]:
    """Names of the arrays that both states have in the same shape."""
    return [
        name for name, array in state.arrays.items() if name in start.arrays and start.arrays[name].shape == array.shape
    ]


def started_from(state: State, start: State) -> State:
    """The state with the arrays of `start` where names and shapes agree; the number is in facts["started_from"].

    Raises Refused where none agrees.
    """
    names = matching(state, start)
    if not names:
        raise refuse("--start-from", "shares no array with this plan's model", "Start from a model of the same method.")
    arrays = {**state.arrays, **{name: start.arrays[name].astype(state.arrays[name].dtype) for name in names}}
    return State(arrays, {**state.facts, "started_from": len(names)}, state.parts)
