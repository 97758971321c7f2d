"""The example model: pet names, one character after the other."""

from pathlib import Path

FOLDER = Path(__file__).parent
