"""What people use to serve a Keras model; each runs in ``.venv-bench`` on the file MODEL_FILE."""
