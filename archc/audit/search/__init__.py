"""Explanations by search: small changes under which printed digits come out, each with a price.

    items   = claims with what is printed and computed, by document and family    # items, layout
    changes = what could be different, with its bits                              # changes, prices
    chosen  = the changes that explain more than they cost                        # select
    lines   = the arithmetic that a person can check                              # words

docs/decisions/explanations-by-search.md argues the design.
"""

from archc.audit.search.run import search

__all__ = ["search"]
