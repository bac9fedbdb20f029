"""The counting tools themselves, asked about a module that archc generated.

Each function takes a module and its inputs, a batch of one, and gives what the tool says. Tools
that need no data run on the meta device. fvcore traces, and ptflops' pytorch backend counts other
things there, where torch does part of the work in Python: both run on a CPU.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from archc.dims import evaluate
from archc.graph.network import Network

STEPS = 6
"""What symbolic sizes are set to."""


@dataclass
class Said:
    """A tool's totals, and its numbers for each module itself, without those in it.

    A number that the tool does not give is None; of modules, one that is not there.
    """

    params: int | None
    ops: int | None
    module_params: dict[str, int] = field(default_factory=dict[str, int])
    module_ops: dict[str, int] = field(default_factory=dict[str, int])


Tool = Callable[[nn.Module, list[Tensor]], Said]


def module_of(network: Network, device: str) -> nn.Module:
    """The generated module outside training; on a CPU its weights are whatever memory held."""
    with torch.device("meta"):
        module = network.torch()
    module = module.eval()
    return module if device == "meta" else module.to_empty(device=device)


def inputs_of(network: Network, device: str) -> list[Tensor]:
    """One example, without data; words are numbered 0."""
    found: list[Tensor] = []
    for one in network.inputs:
        shape = [evaluate(size, dict.fromkeys(symbols(network), STEPS)) for size in one.shape]
        if len(shape) >= 3:  # a map, or maps of regions
            shape = [*shape[:-3], shape[-1], *shape[-3:-1]]
        found.append(torch.zeros(1, *shape, device=device))
    return found


def symbols(network: Network) -> list[str]:
    from archc.dims import symbols_of

    return sorted(
        {name for one in network.inputs for size in one.shape for name in symbols_of(size)}
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Without the warnings that tools give, and torch while it is traced."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def own(totals: dict[str, int]) -> dict[str, int]:
    """Of totals by module those of the modules themselves."""
    found = dict(totals)
    for path, total in totals.items():
        if path:
            parent = path.rpartition(".")[0]
            while parent not in found:
                parent = parent.rpartition(".")[0]
            found[parent] -= total
    return found


def torchinfo(module: nn.Module, inputs: list[Tensor]) -> Said:
    from torchinfo import summary

    result = summary(module, input_data=inputs, verbose=0, depth=100)
    said = Said(result.total_params, result.total_mult_adds)
    names = {id(one): name for name, one in module.named_modules()}
    for info in result.summary_list:
        if info.is_leaf_layer:
            name = names[info.layer_id]
            said.module_ops[name] = said.module_ops.get(name, 0) + info.macs
            said.module_params[name] = info.num_params
    return said


def fvcore(module: nn.Module, inputs: list[Tensor]) -> Said:
    from fvcore.nn import FlopCountAnalysis, parameter_count

    analysis = FlopCountAnalysis(module, tuple(inputs))
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    params = parameter_count(module)
    total = analysis.total()
    return Said(params[""], total, own(dict(params)), own(dict(analysis.by_module())))


def ptflops(module: nn.Module, inputs: list[Tensor]) -> Said:
    from ptflops import get_model_complexity_info, pytorch_engine

    names = {id(one): name for name, one in module.named_modules()}
    stack: list[str] = []
    ops: dict[str, int] = {}

    def enter(one: nn.Module, *_: Any) -> None:
        stack.append(names[id(one)])

    def leave(*_: Any) -> None:
        stack.pop()

    class Wrapper(pytorch_engine.torch_function_wrapper):  # type: ignore[misc]  # untyped
        """As the tool's own, and remembers the module that called."""

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            before = len(self.collector)
            result = super().__call__(*args, **kwargs)
            ops[stack[-1]] = ops.get(stack[-1], 0) + int(sum(self.collector[before:]))
            return result

    def remember(one: nn.Module) -> None:
        if hasattr(one, "__flops__"):
            name = names[id(one)]
            ops[name] = ops.get(name, 0) + int(one.__flops__)
        remove(one)

    hooks = [one.register_forward_pre_hook(enter) for one in module.modules()]
    hooks += [one.register_forward_hook(leave) for one in module.modules()]
    remove = pytorch_engine.remove_flops_counter_variables
    wrapper = pytorch_engine.torch_function_wrapper
    pytorch_engine.remove_flops_counter_variables = remember
    pytorch_engine.torch_function_wrapper = Wrapper
    try:
        total, params = get_model_complexity_info(
            module,
            (1,),
            as_strings=False,
            print_per_layer_stat=False,
            backend="pytorch",
            input_constructor=_named(module, inputs),
        )
    finally:
        pytorch_engine.remove_flops_counter_variables = remove
        pytorch_engine.torch_function_wrapper = wrapper
        for hook in hooks:
            hook.remove()
    assert total is not None
    return Said(params, total, {}, ops)


def ptflops_aten(module: nn.Module, inputs: list[Tensor]) -> Said:
    from ptflops import get_model_complexity_info

    total, params = get_model_complexity_info(
        module,
        (1,),
        as_strings=False,
        print_per_layer_stat=False,
        backend="aten",
        input_constructor=_named(module, inputs),
    )
    assert total is not None
    return Said(params, total)


def _named(module: nn.Module, inputs: list[Tensor]) -> Callable[[Any], dict[str, Tensor]]:
    """ptflops hands inputs to forward by name."""
    import inspect

    names = list(inspect.signature(module.forward).parameters)
    return lambda _: dict(zip(names, inputs, strict=True))


def thop(module: nn.Module, inputs: list[Tensor]) -> Said:
    import thop as tool

    total, params, layers = tool.profile(module, tuple(inputs), verbose=False, ret_layer_info=True)
    said = Said(int(params), int(total))

    def walk(found: dict[str, Any], path: str) -> None:
        for name, (ops, own, inner) in found.items():
            if inner:
                walk(inner, f"{path}{name}.")
            else:
                said.module_ops[f"{path}{name}"] = int(ops)
                said.module_params[f"{path}{name}"] = int(own)

    walk(layers, "")
    return said


def torch_counter(module: nn.Module, inputs: list[Tensor]) -> Said:
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(*inputs)
    root = type(module).__name__
    totals = {"": 0}
    for name, kinds in counter.get_flop_counts().items():
        if name == "Global":
            totals[""] = sum(kinds.values())
        elif name.startswith(f"{root}."):
            totals[name.removeprefix(f"{root}.")] = sum(kinds.values())
    return Said(None, counter.get_total_flops(), {}, own(totals))


def calflops(module: nn.Module, inputs: list[Tensor]) -> Said:
    from calflops.utils import get_module_macs

    return _calflops(module, inputs, get_module_macs)


def calflops_flops(module: nn.Module, inputs: list[Tensor]) -> Said:
    from calflops.utils import get_module_flops

    return _calflops(module, inputs, get_module_flops)


def _calflops(module: nn.Module, inputs: list[Tensor], of: Callable[[nn.Module], int]) -> Said:
    """What calculate_flops does, which gives its numbers rounded, and as text."""
    from calflops.calculate_pipline import CalFlopsPipline

    with _torch_as_it_was():
        counting = CalFlopsPipline(module, False, 2.0)
        counting.start_flops_calculate()
        module(*inputs)
        totals = {name: int(of(one)) for name, one in module.named_modules()}
        said = Said(counting.get_total_params(), totals[""], {}, own(totals))
        counting.end_flops_calculate()
    return said


@contextmanager
def _torch_as_it_was() -> Iterator[None]:
    """calflops leaves its own functions in torch where a count fails, and what it counted so far:
    every later count would hold it."""
    from calflops import calculate_pipline as pipeline

    kept = [(place, dict(vars(place))) for place in (F, torch, torch.Tensor)]
    try:
        yield
    finally:
        for place, names in kept:
            for name, value in dict(vars(place)).items():
                if name not in names:
                    delattr(place, name)
                elif names[name] is not value:
                    setattr(place, name, names[name])
        pipeline.module_flop_count.clear()
        pipeline.module_mac_count.clear()
        pipeline.old_functions.clear()


TOOLS: dict[str, tuple[Tool, str]] = {
    "torchinfo": (torchinfo, "meta"),
    "fvcore": (fvcore, "cpu"),
    "ptflops": (ptflops, "cpu"),
    "ptflops_aten": (ptflops_aten, "meta"),
    "thop": (thop, "meta"),
    "torch": (torch_counter, "meta"),
    "calflops": (calflops, "cpu"),
    "calflops_flops": (calflops_flops, "cpu"),
}
"""By the name of the convention: the tool, and where it runs."""


def ask(
    name: str, network: Network, device: str | None = None, module: nn.Module | None = None
) -> Said:
    """What a tool says of a network's module. Skips the test where it is not installed.

    ``module`` is one that other tools have been asked about; thop leaves its counters in it.
    """
    import pytest

    tool, usual = TOOLS[name]
    device = device or usual
    with quiet():
        pytest.importorskip(DISTRIBUTIONS[name])
        return tool(module or module_of(network, device), inputs_of(network, device))


DISTRIBUTIONS = {name: name.partition("_")[0] for name in TOOLS}
"""The distribution that each tool comes in; its top package has that name too."""
