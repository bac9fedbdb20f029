raise ImportError("libcracked.so.2 is missing")
