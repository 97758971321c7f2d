"""The authorizer: compares the API key of a request with a secret, before any model code runs."""
