"""Every diagnostic code, with what it means in one line. Each has a page in docs/diagnostics/."""

CODES: dict[str, str] = {
    # reading
    "syntax": "the text is not a spec: something else was expected here",
    "too-large": "a limit was passed: source, nesting, integers, or layers after expansion",
    # names
    "unknown-name": "a name that nothing in scope has",
    "unknown-layer": "a layer, block or network that does not exist",
    "duplicate-name": "a name that is taken in this scope",
    "wrong-kind": "a name of one kind stands where another kind is needed",
    # arguments and values
    "argument": "a layer's or block's argument is missing, surplus, unknown or of the wrong kind",
    "value": "an expression cannot be evaluated: kinds, division by zero, an index out of range",
    "undecidable": "a condition on symbolic sizes cannot be decided as the spec compiles",
    # shapes and flow
    "shape": "what arrives does not fit the layer",
    "assertion": "a shape assertion does not hold",
    "constraint": "a `where` constraint does not hold of what arrives",
    "unread": "a value that nobody reads",
    "flow": "a line has no value to go on from, or one it must not have",
    "merge": "a merge of too few branches, or of branches that do not fit",
    "recursion": "a block or default that contains itself",
    "default": "a `default` that stands too late, or is circular",
    "share": "uses of shared weights that do not agree",
    # files
    "import": "a file that cannot be imported",
    "variant": "a variants table, or the choice of a variant, is wrong",
    "claim": "a published claim cannot be read",
    "plugin": "a plugin was found and cannot be used",
    "unsupported": "a backend or a notation cannot write this",
    # remarks on specs in other notations
    "repaired": "a damaged text was read as what it most likely was",
    "framework": "what a framework would say of a listing, or never notice",
}
