"""Printed numbers, claims about networks, and verdicts on them."""
