"""Attacks on a server of this project, and what each may cost. Everything runs on this machine."""
