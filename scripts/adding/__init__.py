"""Adding a model: a pipeline of functions, each of which takes values and returns a value.

======== ====================================================== =========================
module   question that it answers                               returns
======== ====================================================== =========================
given    Is there a model, and may it have this name?           its container and its folder
intake   Is it a file, and whole?                               a copy of it
sources  What kind of model does the file hold?                 ``Source``
safety   Could loading the file do harm?                        nothing, or it refuses
original What does the model take, and what does it answer?     ``Original``
samples  Which calls are compared? (examples: the user's rows)  ``Calls``
choose   Which engine serves the model? It compiles and compares ``Choice``
cost     What may one request hold?                             ``DerivedLimits``
describe What is written of the model?                          ``Metadata``, ``Package``
package  How are the files written?                             nothing
handover Is that what was asked for? It goes to its place       ``Metadata``
======== ====================================================== =========================

``pipeline`` calls them in this order, from ``sources`` to ``package``, in the process that
``sandbox`` confines. ``scripts.add_model`` does the rest. A step that cannot go on raises
``SourceError``. What a model's own export needs as well is in ``model.convert`` and
``model.folder``.
"""
