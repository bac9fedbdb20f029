"""Generated source, executed: a live model."""

from __future__ import annotations

import hashlib
import linecache
import os
import warnings
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from archc.diagnostics import Diagnostic, SpecError
from archc.graph.network import Network
from archc_backends.shared.source import identifier


def import_keras() -> Any:
    """Keras, on torch if nothing else is asked for.

    Raises SpecError where it is not installed, or what it runs on is not.
    """
    if find_spec("keras") is None:
        message = "a live model needs Keras, which is not installed"
        help = "install the extra: pip install 'archc-compiler[keras]'"
        raise SpecError([Diagnostic("unsupported", message, help=help)])
    if not os.environ.get("KERAS_BACKEND") and find_spec("torch") is not None:
        os.environ["KERAS_BACKEND"] = "torch"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Keras' own imports: none are about the network
        try:
            return import_module("keras")
        except Exception as error:  # where what it runs on is missing, Keras fails anyhow
            on = os.environ.get("KERAS_BACKEND") or "what ~/.keras/keras.json says"
            message = f"Keras cannot be imported (on {on}): {type(error).__name__}: {error}"
            help = "set KERAS_BACKEND=torch, and install: pip install 'archc-compiler[keras]'"
            raise SpecError([Diagnostic("unsupported", message, help=help)]) from error


def load_source(text: str, name: str) -> ModuleType:
    """Execute generated source as a module of its own, anew each time: Keras' layers keep weights.

    Its text is registered in ``linecache``, for tracebacks. It is no entry of ``sys.modules``,
    which would keep each model for good.
    """
    import_keras()
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    module_name = f"archc_generated_keras_{identifier(name)}_{digest}"
    filename = f"<{module_name}>"
    module = ModuleType(module_name, f"Written by archc for {identifier(name)}.")
    module.__file__ = filename
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    exec(compile(text, filename, "exec", dont_inherit=True), module.__dict__)
    return module


def instance(network: Network, source: str) -> Any:
    """A live model of the network, with weights as Keras' layers begin."""
    return load_source(source, network.name).model
