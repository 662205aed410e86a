"""What is answered to bytes that never became a request: the one shape of an error, as everywhere else."""

import logging
import os

from aiohttp import web

from maestro_tui.domain.errors import Invalid, MaestroError
from maestro_tui.server.replies import error_reply

__all__ = ["Runner"]

LOG = logging.getLogger(__name__)


class Runner(web.AppRunner):
    """Runs an application whose connections answer in JSON even to what is not HTTP."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made.request_handler, request_factory=made.request_factory, **self._kwargs)


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Connection(web.RequestHandler):
    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """Take in the rest of a request that was in hand when a stop began; aiohttp alone would drop it."""
        ending = self._close, self._force_close
        if self._request_in_progress:
            self._close = self._force_close = False
        try:
            super().data_received(data)
        finally:
            self._close, self._force_close = self._close or ending[0], self._force_close or ending[1]

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer before the connection is closed. It repeats nothing of what was sent."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already; another one cannot follow")
        answer = error_reply(_refusal(status, exc), request_id := os.urandom(8).hex())
        answer.set_status(status)
        answer.headers["X-Request-Id"] = request_id
        answer.force_close()
        return answer


def _refusal(status: int, reason: BaseException | None) -> MaestroError:
    if status < 500:
        LOG.debug("Something that is not HTTP was sent", exc_info=reason)
        return Invalid("This is not a valid HTTP request")
    LOG.error("A connection failed", exc_info=reason)
    return MaestroError("The server failed on this request; its log says why")
