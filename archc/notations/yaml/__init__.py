"""Specs in YAML, for programs that write them: docs/yaml.md describes the form."""

from archc.notations.notation import Notation
from archc.notations.yaml.read import read
from archc.notations.yaml.write import write

notation = Notation("yaml", (".yaml", ".yml"), read, write)
