"""Commands: each module runs as ``python -m scripts.NAME --help``."""
