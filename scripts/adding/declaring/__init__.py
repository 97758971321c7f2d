"""What people send to a model, and what its answer means: options, proposals, declarations.

``options`` reads ``--input`` and ``--output``. ``facts`` and ``image_facts`` look into a Keras
model, and ``proposing`` and ``proposing_images`` make proposals of them. ``declare`` decides.
"""
