"""How expressions and paths are spelled: one line of text, parentheses only where they must be."""

from __future__ import annotations

from archc.language import syntax as s

# How tightly an expression holds together; each operand asks for at least its own level.
CONDITIONAL, OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGN, POWER, PRIMARY = range(10)
_LEVELS = {
    "or": OR,
    "and": AND,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), COMPARISON),
    **dict.fromkeys("+-", SUM),
    **dict.fromkeys(("*", "/", "//", "%"), PRODUCT),
    "^": POWER,
}


def spell(node: s.Expression, level: int = CONDITIONAL) -> str:
    """The expression, in parentheses where it holds less tightly than ``level``.

    Raises ValueError for a tree that no text is read into: a quote within a text, say.
    """
    text, own = _spell(node)
    return text if own >= level else f"({text})"


def _spell(node: s.Expression) -> tuple[str, int]:
    match node:
        case s.Number():
            return node.text, PRIMARY
        case s.Text():
            return quote(node.value), PRIMARY
        case s.SizeLiteral():
            return "x".join(map(str, node.items)), PRIMARY
        case s.WindowLiteral():
            return f"{spell(node.kernel)}/{_stride(node.stride)}", PRODUCT
        case s.Reference():
            return path(node), PRIMARY
        case s.ListLiteral():
            return f"[{', '.join(map(spell, node.items))}]", PRIMARY
        case s.Function():
            return f"{path(node.name)}({', '.join(map(spell, node.arguments))})", PRIMARY
        case s.Group():
            return f"({spell(node.inner)})", PRIMARY
        case s.Conditional():
            parts = (spell(node.then, OR), spell(node.condition, OR), spell(node.otherwise))
            return "{} if {} else {}".format(*parts), CONDITIONAL
        case s.Unary(operator="not"):
            return f"not {spell(node.operand, NOT)}", NOT
        case s.Unary():
            return f"-{spell(node.operand, SIGN)}", SIGN
        case s.Binary():
            return _binary(node)
        case _:
            raise ValueError(f"no text is read into {type(node).__name__}")


def _binary(node: s.Binary) -> tuple[str, int]:
    level = _LEVELS[node.operator]
    if level == POWER:
        return f"{spell(node.left, PRIMARY)}^{spell(node.right, SIGN)}", POWER
    left = spell(node.left, level + 1 if level == COMPARISON else level)
    return f"{left} {node.operator} {spell(node.right, level + 1)}", level


def _stride(node: s.Expression) -> str:
    if isinstance(node, s.Number | s.SizeLiteral | s.Reference | s.Group):
        return spell(node)
    return f"({spell(node)})"


def atom(node: s.Expression) -> str:
    """An expression as an argument or a count: in parentheses unless it is one piece."""
    bare = s.Number | s.Text | s.SizeLiteral | s.WindowLiteral | s.Reference | s.ListLiteral
    if isinstance(node, bare | s.Group):
        return spell(node)
    return f"({spell(node)})"


def keyword_value(node: s.Expression) -> str:
    """What follows ``name=``, and a table's cell: an atom, or a negative number."""
    if isinstance(node, s.Unary) and node.operator == "-" and isinstance(node.operand, s.Number):
        return spell(node)
    return atom(node)


def path(node: s.Reference) -> str:
    """``bottomup.conv[5]``."""
    parts = (p.name if p.index is None else f"{p.name}[{spell(p.index)}]" for p in node.parts)
    return ".".join(parts)


def quote(text: str) -> str:
    """A text in quotes, which has no escapes: it cannot hold a quote or a line end."""
    if '"' in text or "\n" in text:
        raise ValueError(f"no text of a spec can be {text!r}")
    return f'"{text}"'


def reads_as_product(call: s.Call, count: s.Expression) -> bool:
    """Whether ``call * count`` would be misread, as ``dense growth * depth``: brace it then."""
    if call.body is not None or not call.arguments:
        return False
    last = call.arguments[-1]
    value = last.value if isinstance(last, s.Keyword) else last
    if isinstance(value, s.Text | s.SizeLiteral | s.ListLiteral):
        return False
    if isinstance(value, s.Number) or (
        isinstance(value, s.WindowLiteral) and isinstance(value.stride, s.Number)
    ):
        return not isinstance(count, s.Number)
    return True
