"""A Keras model in two parts: preprocessing that NumPy computes, and a rest that LiteRT runs.

``graph`` reads the model, ``steps`` makes steps of its layers, ``values`` draws what is compared,
and ``lift`` splits it.
"""
