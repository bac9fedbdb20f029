"""Other ways to write a spec's tree: each is text to tree, and tree to text."""

from archc.notations.notation import Notation, by_name, of_path, parse_file, reader

__all__ = ["Notation", "by_name", "of_path", "parse_file", "reader"]
