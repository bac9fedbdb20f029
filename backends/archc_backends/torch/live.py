"""Generated source, executed: live modules that script and pickle as those from a file do."""

from __future__ import annotations

import hashlib
import linecache
import sys
import warnings
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from archc.diagnostics import Diagnostic, SpecError
from archc.graph.network import Network
from archc_backends.shared.source import identifier

if TYPE_CHECKING:
    from torch import nn


def import_torch() -> None:
    """Import torch. Raises SpecError (``plugin``) where it is not installed."""
    try:
        with warnings.catch_warnings():
            # torch without numpy says so as it is imported; nothing here needs numpy.
            warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
            import_module("torch")
    except ImportError as error:
        message = "a live module needs torch, which is not installed"
        help = "install the extra `torch` of this distribution, or torch itself"
        raise SpecError([Diagnostic("plugin", message, help=help)]) from error


def load_source(text: str, name: str) -> ModuleType:
    """Execute generated source as a module of its own.

    The module's name is made of ``name`` and a digest of the text, so the same source is loaded
    once. It is registered in ``sys.modules`` (for pickle) and its text in ``linecache`` (for
    ``torch.jit.script`` and tracebacks), as that of a file is.
    """
    import_torch()
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    module_name = f"archc_generated_{identifier(name)}_{digest}"
    known = sys.modules.get(module_name)
    if known is not None:
        return known
    filename = f"<{module_name}>"
    module = ModuleType(module_name, f"Written by archc for {identifier(name)}.")
    module.__file__ = filename
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    sys.modules[module_name] = module
    try:
        exec(compile(text, filename, "exec", dont_inherit=True), module.__dict__)
    except BaseException:
        del sys.modules[module_name], linecache.cache[filename]
        raise
    return module


def network_class(module: ModuleType) -> type[nn.Module]:
    """The network's class in a loaded module: the last one that it defines."""
    from torch import nn

    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, nn.Module)
        and value.__module__ == module.__name__
    ]
    return found[-1]


def instance(network: Network, source: str) -> nn.Module:
    """A live module of the network, with weights as it initialises them."""
    return network_class(load_source(source, network.name))()
