"""What all commands share."""

HOLDS, FAILS, USAGE = 0, 1, 2
"""Exit status: it holds; the spec or a claim does not; the command was used wrongly."""

STDIN = "<stdin>"
"""How ``-:VARIANT`` reaches argparse, which would take it for an option."""
