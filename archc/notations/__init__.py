"""Other ways to write the same tree: each reads text into it, and writes text from it."""

from archc.notations.notation import Notation, by_name, of_path, parse_file

__all__ = ["Notation", "by_name", "of_path", "parse_file"]
