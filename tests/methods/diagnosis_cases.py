"""Small cases with diagnoses, made in memory."""

import hashlib

import numpy as np

from hounsfield.values import Case, Diagnosis, Grid, Image, Lazy, Series, Truth


def lazy(value, content=b""):
    return Lazy(
        type(value), "memory", lambda: value, lambda: hashlib.sha256(repr(value).encode() + content).hexdigest()
    )


def truth(value):
    return {} if value is None else {"diagnosis": Truth(lazy(value))}


def yes_no(is_yes):
    return Diagnosis.certain("yes" if is_yes else "no", ("no", "yes"))


def image_case(name, array, diagnosis, grid=None):
    image = Image.of(array, grid or Grid.picture(array.shape[-2:]))
    return Case(name, {"image": lazy(image, array.tobytes())}, truth(diagnosis))


def table_case(name, covariates, diagnosis):
    return Case(name, {}, truth(diagnosis), covariates)


def series_case(name, times, values, channels, diagnosis, covariates=None):
    series = Series(np.asarray(times, float), np.asarray(values, np.float32), channels, "h")
    inputs = {"history": lazy(series, series.values.tobytes() + series.times.tobytes())}
    return Case(name, inputs, truth(diagnosis), covariates or {})


def disc_case(name, is_yes, rng, shape=(24, 24), diagnosis=None):
    """Noise, and somewhere in it, where the answer is yes, a bright disc (a ball in 3D)."""
    array = rng.normal(size=shape).astype(np.float32)
    centre = [rng.integers(6, n - 6) for n in shape]
    away = sum((axis - c) ** 2 for axis, c in zip(np.ogrid[tuple(slice(n) for n in shape)], centre, strict=True))
    array[away < 16] += 2.0 * is_yes
    grid = Grid.picture(shape) if len(shape) == 2 else Grid.regular(shape, (1.0,) * 3)
    return image_case(name, array, diagnosis or yes_no(is_yes), grid)


def discs(n, seed, shape=(24, 24), share=0.5):
    rng = np.random.default_rng(seed)
    return [disc_case(f"d{i:03d}", i < share * n, rng, shape) for i in range(n)]
