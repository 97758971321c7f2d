"""What runs on the schedule: the job of an endpoint, or a file of rows through any model."""
