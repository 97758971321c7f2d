"""Adding a model: a pipeline of functions, each of which takes values and returns a value.

========= ====================================================== =========================
module    question that it answers                               returns
========= ====================================================== =========================
early     Can it be refused before anything is installed?        nothing, or it refuses
intake    Is it a file, and whole?                               a copy of it
sources   What kind of model does the file hold?                 ``Source``
old_forms How is it written today?                               ``Source``
safety    Could loading the file do harm?                        nothing, or it refuses
original  What does the model take, and what does it answer?     ``Original``
lifting   Which part of it can NumPy compute?                    ``Lifted``
declaring What do people send, and what does an answer mean?     ``Declarations``
sampling  Which calls are compared? (examples: the user's rows)  ``Calls``
choose    Which engine serves the model? It compiles it          ``Choice``
parity    Does the engine agree, and which of the two is right?  ``Parity``
cost      What may one request hold?                             ``DerivedLimits``
describe  What is written of the model?                          ``Metadata``, ``Package``
package   How are the files written?                             nothing
handover  Is that what was asked for? It goes to its place       ``Metadata``
========= ====================================================== =========================

``pipeline`` calls them in this order, from ``sources`` to ``package``, in the process that
``sandbox`` confines. ``scripts.add_model`` does the rest. A step that cannot go on raises
``SourceError``. What a model's own export needs as well is in ``model.convert`` and
``model.folder``.
"""
