"""Why a demo cannot go on. The message is what the user sees."""


class DemoError(RuntimeError):
    """One clear line, and where it helps the last words of a process."""
