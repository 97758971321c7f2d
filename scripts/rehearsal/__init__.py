"""A deployment rehearsed: real template, image and SAM, AWS emulated."""
