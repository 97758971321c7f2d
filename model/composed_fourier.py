"""Inverse Fourier transforms, as products with a matrix. LiteRT has the forward ones."""

import numpy as np
import tensorflow as tf


def irfft(spectrum: tf.Tensor, fft_length: tf.Tensor) -> tf.Tensor:
    """The real signal ``(…, length)`` of the half ``(…, length / 2 + 1)`` of a spectrum.

    Raises ``ValueError`` where the length is not known before it runs.
    """
    known = tf.get_static_value(fft_length)
    if known is None or spectrum.shape[-1] is None:
        raise ValueError("its length is computed from the inputs")
    (length,) = np.asarray(known).tolist()
    count = length // 2 + 1
    given = min(count, spectrum.shape[-1])  # more is cut off, less is followed by zeros
    real, imaginary = tf.math.real(spectrum), tf.math.imag(spectrum)
    turns = np.outer(np.arange(given), np.arange(length)) * 2 * np.pi / length
    weights = np.full(given, 2.0)
    weights[0] = 1  # the first has no conjugate, nor has the middle of an even length
    if length % 2 == 0 and given == count:
        weights[-1] = 1
    weights = weights[:, np.newaxis] / length
    cosines = tf.constant(weights * np.cos(turns), real.dtype)
    sines = tf.constant(weights * np.sin(turns), real.dtype)
    return tf.matmul(real[..., :given], cosines) - tf.matmul(imaginary[..., :given], sines)
