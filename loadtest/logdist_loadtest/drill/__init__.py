"""A game day: things go wrong on purpose under a steady load, and every packet is accounted for."""
