"""What must hold of a new version before it gets traffic."""
