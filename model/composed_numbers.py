"""Functions of single numbers that LiteRT lacks, composed from those that it has."""

import math
from typing import Any

import numpy as np
import tensorflow as tf

_LARGE = 1e9  # beyond it, the root of x * x + 1 is x, and x * x may be infinity


def atan(x: tf.Tensor) -> tf.Tensor:
    """The angle whose tangent is x."""
    return tf.atan2(x, tf.ones_like(x))


def asin(x: tf.Tensor) -> tf.Tensor:
    """NaN outside of -1 to 1, as the root of a negative number is."""
    return tf.atan2(x, tf.sqrt((1 - x) * (1 + x)))


def acos(x: tf.Tensor) -> tf.Tensor:
    """NaN outside of -1 to 1."""
    return tf.atan2(tf.sqrt((1 - x) * (1 + x)), x)


def tan(x: tf.Tensor) -> tf.Tensor:
    """Sine by cosine."""
    return tf.sin(x) / tf.cos(x)


def sinh(x: tf.Tensor) -> tf.Tensor:
    """Halves are subtracted, so that the largest numbers stay finite as long as they can."""
    half = tf.exp(tf.abs(x) - math.log(2))
    large = half - 0.25 / half
    series = x * (1 + x * x / 6 * (1 + x * x / 20))  # where the difference would be rounding
    return tf.where(tf.abs(x) < 0.1, series, tf.sign(x) * large)  # noqa: PLR2004


def cosh(x: tf.Tensor) -> tf.Tensor:
    """The mean of two exponentials."""
    half = tf.exp(tf.abs(x) - math.log(2))
    return tf.where(tf.math.is_nan(x), x, half + 0.25 / half)  # LiteRT's own may lose the NaN


def asinh(x: tf.Tensor) -> tf.Tensor:
    """Odd, by the logarithm of the positive side."""
    size = tf.abs(x)
    small = tf.minimum(size, _LARGE)
    root = tf.sqrt(small * small + 1)
    near = tf.math.log1p(small + small * small / (root + 1))
    far = tf.math.log(tf.maximum(size, _LARGE)) + math.log(2)
    return tf.sign(x) * tf.where(size > _LARGE, far, near)


def acosh(x: tf.Tensor) -> tf.Tensor:
    """NaN below 1."""
    small = tf.minimum(x, _LARGE)
    near = tf.math.log(small + tf.sqrt(small - 1) * tf.sqrt(small + 1))
    far = tf.math.log(tf.maximum(x, _LARGE)) + math.log(2)
    return tf.where(x > _LARGE, far, near)


def atanh(x: tf.Tensor) -> tf.Tensor:
    """Infinity at -1 and 1, NaN outside."""
    return (tf.math.log1p(x) - tf.math.log1p(-x)) / 2


def erf(x: tf.Tensor) -> tf.Tensor:
    """Abramowitz and Stegun, 7.1.26: off by 1.5e-7 at most."""
    t = 1 / (1 + 0.3275911 * tf.abs(x))
    polynomial = tf.zeros_like(x)
    for coefficient in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        polynomial = (polynomial + coefficient) * t
    return tf.sign(x) * (1 - polynomial * tf.exp(-x * x))


def erfc(x: tf.Tensor) -> tf.Tensor:
    """What :func:`erf` leaves to 1."""
    return 1 - erf(x)


def angle(x: tf.Tensor) -> tf.Tensor:
    """Of a complex number, or of a real one: 0, or half a turn where it is negative."""
    if x.dtype.is_complex:
        imaginary = tf.math.imag(x)  # of a Fourier transform by LiteRT, 0 may have either sign
        imaginary = tf.where(tf.equal(imaginary, 0), tf.zeros_like(imaginary), imaginary)
        return tf.atan2(imaginary, tf.math.real(x))
    return tf.where(x < 0, tf.fill(tf.shape(x), tf.constant(np.pi, x.dtype)), tf.zeros_like(x))


def truncate_mod(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """What a division that rounds towards zero leaves."""
    return x - y * tf.truncatediv(x, y)


def lower_bound(edges: tf.Tensor, values: tf.Tensor, out_type: Any = tf.int32) -> tf.Tensor:  # noqa: ANN401
    """How many of the sorted edges ``(batch, n)`` are below each value ``(batch, m)``."""
    below = tf.expand_dims(edges, 1) < tf.expand_dims(values, 2)
    return tf.reduce_sum(tf.cast(below, out_type), axis=2)


def upper_bound(edges: tf.Tensor, values: tf.Tensor, out_type: Any = tf.int32) -> tf.Tensor:  # noqa: ANN401
    """How many of the sorted edges ``(batch, n)`` are not above each value ``(batch, m)``."""
    below = tf.expand_dims(edges, 1) <= tf.expand_dims(values, 2)
    return tf.reduce_sum(tf.cast(below, out_type), axis=2)
