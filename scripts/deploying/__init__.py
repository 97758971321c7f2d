"""The parts of `make deploy` and `make rollback`."""
