"""What runs on the schedule: a fresh batch of names, or a file of rows through any model."""
