"""The example model. It invents pet names, one character after the other.

``train``, ``export`` and ``evaluate`` are its commands: ``python -m model.pet_names.train``.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
