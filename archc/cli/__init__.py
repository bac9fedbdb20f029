"""The command line: arguments → pipeline → rendering. Nothing below this prints or exits."""

from archc.cli.main import main

__all__ = ["main"]
