"""What the image is made of, and what is known against it."""
