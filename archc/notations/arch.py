"""The .arch language as one notation among the others."""

from archc.language import writer
from archc.language.parser import parse
from archc.notations.notation import Notation

notation = Notation("arch", (".arch",), parse, writer.write)
