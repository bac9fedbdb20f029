"""dlib's inputs: channels from the type of a pixel, height and width where the type has them."""

from __future__ import annotations

from archc.diagnostics import did_you_mean, fail
from archc.dims import symbol
from archc.language import syntax as s
from archc.notations.dlib.program import Input, Names, Scope, Typed
from archc.notations.dlib.resolve import Resolver
from archc.notations.dlib.tree import Argument, Use
from archc.ops.base import Shape

PIXELS = {
    **dict.fromkeys(("rgb_pixel", "bgr_pixel", "hsi_pixel", "lab_pixel"), 3),
    **dict.fromkeys(("rgb_alpha_pixel", "bgr_alpha_pixel"), 4),
    **dict.fromkeys(
        (
            *("unsigned char", "char", "signed char", "short", "unsigned short", "int", "unsigned"),
            *("unsigned int", "long", "unsigned long", "float", "double", "long double", "bool"),
            *("uchar", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint8_t", "int8_t"),
            *("uint16_t", "int16_t", "uint32_t", "int32_t", "float_t"),
        ),
        1,
    ),
}
"""Channels of a pixel's type (dlib's ``pixel_traits<T>::num``)."""

MAX_SIZE = 2**31


def input_sizes(step: Input, names: Names) -> tuple[int | str, int | str, int]:
    """Height, width, channels of an input; a letter for a size that any image may have."""
    use, scope = step.use, step.scope
    given = use.arguments or ()
    name = use.name
    if name == "input_tensor":
        fail("unsupported", use.span, "`input_tensor` does not say how many channels arrive")
    if name == "input_rgb_image_sized":
        if not 1 <= len(given) <= 2:
            fail(
                "argument", use.span, f"`{name}` takes a height, and a width unless they are equal"
            )
        sizes = [_size(value, scope, names) for value in given]
        return sizes[0] or "H", sizes[-1] or "W", 3
    if name.endswith("_pyramid"):
        return "H", "W", 1 if "grayscale" in name else 3
    if name != "input":
        if given:
            fail("argument", use.span, f"`{name}` takes no arguments, but has {len(given)}")
        return "H", "W", 3
    if len(given) != 1:
        example = "`input<matrix<rgb_pixel>>`"
        fail("argument", use.span, f"`input` takes the type of an image, as {example}")
    return _image(given[0], scope, names)


def input_shape(step: Input, names: Names) -> Shape:
    height, width, channels = input_sizes(step, names)
    return (
        symbol("H") if isinstance(height, str) else height,
        symbol("W") if isinstance(width, str) else width,
        channels,
    )


def shape_literal(step: Input, names: Names) -> s.Expression:
    return s.SizeLiteral(step.use.span, input_sizes(step, names))


def _image(node: Argument, scope: Scope, names: Names) -> tuple[int | str, int | str, int]:
    """``matrix<T>``, ``matrix<T,NR,NC>``, ``array2d<T>``, ``std::array<matrix<T>,K>``."""
    node, scope = _resolve(node, scope, names)
    given = node.arguments or ()
    if node.name in ("matrix", "array2d") and given:
        pixel, _ = _resolve(given[0], scope, names)
        channels = PIXELS.get(pixel.name)
        if channels is None:
            message = f"`{pixel.name}` is no pixel whose channels are known"
            fail("argument", pixel.span, message, help=did_you_mean(pixel.name, PIXELS))
        sizes = [0, 0]
        if node.name == "matrix" and len(given) >= 3:
            sizes = [_size(value, scope, names) for value in given[1:3]]
        return sizes[0] or "H", sizes[1] or "W", channels
    if node.name == "array" and len(given) == 2:
        height, width, channels = _image(given[0], scope, names)
        planes = _size(given[1], scope, names)
        if channels != 1 or not planes:
            fail(
                "argument",
                node.span,
                "an array of planes has one channel in each, and at least one",
            )
        return height, width, planes
    known = ("matrix", "array2d", "array")
    message = (
        f"an image is a `matrix`, an `array2d` or an `array` of them, but this is `{node.name}`"
    )
    fail("argument", node.span, message, help=did_you_mean(node.name, known))


def _resolve(node: Argument, scope: Scope, names: Names, depth: int = 0) -> tuple[Use, Scope]:
    """A type, an alias of one replaced by what it stands for."""
    while isinstance(node, Use) and node.arguments is None and depth < 100:
        bound = scope.bound.get(node.name)
        alias = Resolver(names).alias(node, scope)
        if isinstance(bound, Typed) and bound.body is not None and bound.scope is not None:
            node, scope = bound.body, bound.scope
        elif bound is None and alias is not None and not alias.templated:
            node, scope = alias.body, names.scope(alias)
        else:
            break
        depth += 1
    if not isinstance(node, Use):
        fail("argument", node.span, "a type is expected here, but this is an integer")
    return node, scope


def _size(node: Argument, scope: Scope, names: Names) -> int:
    number = Resolver(names).integer(node, scope).number
    if number is None or not 0 <= number <= MAX_SIZE:
        fail("argument", node.span, "a size is an integer from 0 to 2^31")
    return number
