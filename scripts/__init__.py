"""The commands of this project: ``python -m scripts.NAME --help``."""
