"""Properties are about what holds, not about how fast a shared machine is today."""

from hypothesis import settings

settings.register_profile("logdist", deadline=None)
settings.load_profile("logdist")
