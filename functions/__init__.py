"""The Lambda functions: all in one image, each another command in it."""
