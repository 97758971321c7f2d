"""What ``make bench`` measures, ours and others' side by side in one run."""
