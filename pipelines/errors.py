"""Every error we raise, by what you do about it.

PipelineError
├── SettingsError       change a setting (all that are wrong are named at once)     exit 2
├── ApiError            method, address without secrets, status, excerpt            exit 3
│   ├── AccessDenied    stop; ask for rights
│   ├── RateLimited     wait (carries seconds)
│   └── Unavailable     try again later
├── ContractError       an answer of a shape we do not know                         exit 3
├── LoadFailed          the warehouse did not take the rows                         exit 1
└── TransformFailed     names of the models or tests                                exit 1

A message is one or two sentences: where, what happened, expected and got, what to do. It never holds a
secret, a person's name, an e-mail address or a phone number.
"""

DONE = 0
OUR_FAULT = 1
YOUR_SETTINGS = 2
THEIR_SERVICE = 3
SET_ASIDE = 4


class PipelineError(Exception):
    """Anything that ends a run; `exit_code` is what the command ends with."""

    exit_code = OUR_FAULT


class SettingsError(PipelineError):
    """A setting, a file or a name that only you can change."""

    exit_code = YOUR_SETTINGS


class ApiError(PipelineError):
    """A request the store did not answer as asked.

    Args:
        message: where, what happened and what to do.
        status: the HTTP status, or None when no answer came.
    """

    exit_code = THEIR_SERVICE

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class AccessDenied(ApiError):
    """401 or 403: no retry helps, somebody has to give the right."""


class Unavailable(ApiError):
    """5xx, a timeout, a broken connection or body: later it may work."""


class RateLimited(Unavailable):
    """429: the store asks to wait `seconds` (0 when it does not say)."""

    def __init__(self, message: str, seconds: float = 0.0) -> None:
        super().__init__(message, 429)
        self.seconds = seconds


class ContractError(PipelineError):
    """An answer that is well-formed but not of the shape the API promises."""

    exit_code = THEIR_SERVICE


class LoadFailed(PipelineError):
    """The warehouse did not take the rows: disk full, wrong type, broken file."""


class TransformFailed(PipelineError):
    """dbt models or tests that failed, by name."""
