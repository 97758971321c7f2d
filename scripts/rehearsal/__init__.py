"""The rehearsal of a deployment: the real template, image and SAM, on emulated AWS."""
