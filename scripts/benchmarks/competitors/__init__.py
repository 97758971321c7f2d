"""Other servers of a Keras model. Each runs in ``.venv-bench`` on the file MODEL_FILE."""
