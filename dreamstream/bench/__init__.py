"""`dreamstream bench`: a module for each thing that is measured."""
