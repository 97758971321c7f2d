"""The models: for each, the exported files that serving reads, and the code that makes them.

``convert`` and ``folder`` are for the code of any model.
"""
