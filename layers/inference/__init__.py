"""What every function shares: settings, telemetry, and models behind one ``predict``.

Lies under ``layers/`` because that is what it would be for a zip function; in the image it is
copied to /opt/python, where Lambda mounts a layer.
"""

__version__ = "0.1.0"
