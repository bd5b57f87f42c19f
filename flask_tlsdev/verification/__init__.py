"""Would a client accept this certificate, and if not, why?

:func:`verify` looks at everything and says each thing, also after the first
that is wrong.
"""

from __future__ import annotations

from ._assemble import assemble as assemble
from ._assemble import Assembled as Assembled
from ._chain import missing_issuer as missing_issuer
from ._chain import MissingIssuer as MissingIssuer
from ._lint import lint as lint
from ._lists import load_crls as load_crls
from ._report import Check as Check
from ._report import Report as Report
from ._report import Status as Status
from ._revocation import Fetch as Fetch
from ._roots import system_roots as system_roots
from ._verify import Question as Question
from ._verify import verify as verify
