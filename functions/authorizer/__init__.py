"""Who may call, for teams that have an API key and nothing else."""
