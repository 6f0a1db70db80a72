"""The published GANs of cats: one trainer, a table of recipes, and what compares them."""
