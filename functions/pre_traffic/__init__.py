"""The hook that checks a new version before it gets traffic."""
