"""A sender for drills: a steady stream of numbered packets, and a book of what became of each."""
