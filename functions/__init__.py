"""The Lambda functions. All are in one image; each is a command of it."""
