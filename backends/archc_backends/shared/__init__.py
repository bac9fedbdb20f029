"""What several backends agree on: weights' names, which outputs there are, sizes to try, and how
generated Python is worded."""
