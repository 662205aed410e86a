"""Refusals that only HTTP knows; all others are in `domain.errors`."""

from maestro_tui.domain.errors import MaestroError

__all__ = ["MethodNotAllowed", "Misdirected", "RequestTimeout", "UnsupportedMediaType", "UpgradeRequired"]


class MethodNotAllowed(MaestroError):
    code = "METHOD_NOT_ALLOWED"
    http_status = 405


class RequestTimeout(MaestroError):
    """The body did not arrive in time."""

    code = "REQUEST_TIMEOUT"
    http_status = 408


class UnsupportedMediaType(MaestroError):
    code = "UNSUPPORTED_MEDIA_TYPE"
    http_status = 415


class Misdirected(MaestroError):
    """The request names a host that is not ours: a rebound DNS name does that."""

    code = "MISDIRECTED_REQUEST"
    http_status = 421


class UpgradeRequired(MaestroError):
    code = "UPGRADE_REQUIRED"
    http_status = 426
