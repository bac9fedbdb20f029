"""The quantities that can be claimed, one file for each kind of counting."""
