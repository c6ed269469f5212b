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


class CommitConflict(CommitFailed):
    """Another operator committed in between. Read its record and go on from there."""


class EditRefused(LogdistError):
    """A change of an object was not made. Nothing was written."""

    http_status = 422  # the object would be invalid; the text says which field


class ObjectMissing(EditRefused):
    http_status = 404


class ObjectExists(EditRefused):
    http_status = 409


class EditForbidden(EditRefused):
    """The operator itself may not do this: its Role does not grant it, or the folder is read-only."""

    http_status = 403


class EditUnavailable(EditRefused):
    """The source does not answer now. Retry."""

    http_status = 503
