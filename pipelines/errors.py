"""Every error we raise, by what you do about it.

PipelineError
├── SettingsError       change a setting (all that are wrong are named at once)     exit 2
├── ApiError            method, address without secrets, status, excerpt            exit 3
│   ├── AccessDenied    stop; ask for rights
│   ├── RateLimited     wait (carries seconds)
│   └── Unavailable     try again later (WindowGrew, too)
├── ContractError       an answer of a shape we do not know                         exit 3
├── LoadRefused         too much is gone to believe it without a person              exit 3
├── SendRefused         an audience too small to believe, or rows a destination will not have   exit 3
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

    Attributes:
        requests: how often it was tried.
    """

    exit_code = THEIR_SERVICE

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.requests = 1


class AccessDenied(ApiError):
    """401 or 403: no retry helps, somebody has to give the right."""


class Unavailable(ApiError):
    """5xx, a timeout, a broken connection or body: later it may work.

    Args:
        message, status: as for every `ApiError`.
        excerpt: the beginning of the answer, redacted.
        may_be_rows: whether a row in the answer may be the cause, so that asking for fewer rows can help.
    """

    def __init__(
        self, message: str, status: int | None = None, excerpt: str = "", may_be_rows: bool = False
    ) -> None:
        super().__init__(message, status)
        self.excerpt = excerpt
        self.may_be_rows = may_be_rows


class WindowGrew(Unavailable):
    """Rows entered a window that should have been closed: the store's clocks disagree."""


class RateLimited(Unavailable):
    """429: the store asks to wait `seconds` (0 when it does not say)."""

    def __init__(self, message: str, seconds: float = 0.0) -> None:
        super().__init__(message, 429)
        self.seconds = seconds


class ContractError(PipelineError):
    """An answer that is well-formed but not of the shape the API promises."""

    exit_code = THEIR_SERVICE


class LoadRefused(PipelineError):
    """So much of a list is gone that a person should say whether it is true."""

    exit_code = THEIR_SERVICE


class SendRefused(PipelineError):
    """Nothing more is sent: the audience shrank too much to be believed, or every row is refused."""

    exit_code = THEIR_SERVICE


class LoadFailed(PipelineError):
    """The warehouse did not take the rows: disk full, wrong type, broken file."""


class TransformFailed(PipelineError):
    """dbt models or tests that failed, by name."""
