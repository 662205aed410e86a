"""How a server proves that it knows a token without anybody saying the token.

Who reaches a server at a place that it did not publish itself, as the default port, cannot know
who listens there. It asks `/health` with a nonce first; the right answer is a keyed digest of it
(HMAC-SHA-256, RFC 2104), and only then is the token sent.
"""

__all__ = ["LONGEST_NONCE", "proof_of", "session_of"]

LONGEST_NONCE = 128
_PURPOSE = b"maestro health\0"


def proof_of(token: str, nonce: str) -> str:
    """The answer to a nonce, in hexadecimal."""
    import hmac  # the `maestro` command reads this module's names, and seldom needs the digest

    return hmac.new(token.encode(), _PURPOSE + nonce.encode(), "sha256").hexdigest()


def session_of(token: str) -> str | None:
    """The session a token says it is of; None for the owner's."""
    return token[len("mst_") :].rpartition(".")[0] if token.startswith("mst_") else None
