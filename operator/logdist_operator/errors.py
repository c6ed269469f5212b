"""What can go wrong in the operator, each error with the text an operator of the system can act on."""


class LogdistError(Exception):
    """Root of the operator's own errors. The text is one line, fit for a log and for the API."""


class SettingsError(LogdistError):
    """A flag or environment variable has a value that cannot be used. Ends the program with exit code 2."""


class SourceUnavailable(LogdistError):
    """The source of analysers cannot be listed now. Whatever was published before stays published."""


class CommitFailed(LogdistError):
    """The new generation could not be made durable, so it was not published. Retried."""


class StateLocked(LogdistError):
    """Another operator holds the state directory: two would publish different registries under one generation."""
