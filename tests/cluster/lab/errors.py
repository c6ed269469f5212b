"""What goes wrong in the lab. Every message says what to do next."""


class LabError(Exception):
    """The cluster cannot be had, or did not do what it should."""


class Unavailable(LabError):
    """This machine cannot run a cluster at all; tests that need one are skipped with this reason."""
