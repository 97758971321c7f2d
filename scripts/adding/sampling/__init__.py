"""Calls to compare on: what is known of the inputs, what is drawn of them, what the model answers.

``graph_bounds`` and ``litert_bounds`` find the ``bounds``, ``drawing`` draws within them,
``random_calls`` asks the model, and ``samples`` puts a user's real rows before these calls.
"""
