"""Models: how each is made, and the exported files that serving reads."""
