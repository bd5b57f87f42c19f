"""How does urllib3 read answers that come in time as a whole?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from urllib3.connection import HTTPConnection
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.connectionpool import HTTPSConnectionPool

from ..timed import answer_class

if TYPE_CHECKING:
    from ..timed import Left


def pools(left: Left) -> dict[str, type[HTTPConnectionPool]]:
    """The pools of each scheme, for ``PoolManager.pool_classes_by_scheme``.

    :param left: The seconds for an answer, asked before each part of it.
    """
    answers = answer_class(left)

    class Plain(HTTPConnection):
        response_class = answers

    class Encrypted(HTTPSConnection):
        response_class = answers

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}
