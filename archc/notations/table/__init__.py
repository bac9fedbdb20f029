"""VGG's table of configurations as a file of its own: docs/table.md describes the form."""

from archc.notations.notation import Notation
from archc.notations.table.read import read, repair
from archc.notations.table.write import write_networks

notation = Notation(
    "table",
    (".table",),
    read,
    write_networks=write_networks,
    holds_families=True,
    repair=repair,
)
