"""What did they mean: text into things to dream."""
