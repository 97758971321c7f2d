"""From a TensorFlow program to a checked LiteRT file in a model folder."""
