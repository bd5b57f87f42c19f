"""What do the cookies lack that the app sets?

Flask writes its session cookie after every hook has run, so they are looked at
where the response leaves the app.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from typing import NamedTuple

from ..headers.base import choose
from ..headers.base import not_possible
from ._options import flag
from ._options import named

_OPTIONS = ("secure", "httponly", "samesite", "host_prefix", "except")
_SAME_SITES = ("Lax", "Strict", "None")

_HOST = "__Host-"


class CookiePolicy(NamedTuple):
    """What every cookie gets that it does not say itself."""

    secure: bool
    httponly: bool
    samesite: str | None
    #: The cookies that are sent as ``__Host-NAME``; ``True``: the session's.
    prefixed: frozenset[str] | bool
    exempt: frozenset[str]

    def bind(self, session_cookie: str) -> CookiePolicy:
        """The policy of an app whose session cookie has this name."""
        if not isinstance(self.prefixed, bool):
            return self

        names = frozenset({session_cookie} if self.prefixed else ())
        return CookiePolicy(
            self.secure, self.httponly, self.samesite, names, self.exempt
        )

    def mended(self, cookie: str, *, https: bool) -> str:
        """A ``Set-Cookie`` with what it lacks."""
        pair, *attributes = (part.strip() for part in cookie.split(";"))
        name = pair.partition("=")[0].strip()
        if name in self.exempt:
            return cookie

        said = {each.partition("=")[0].strip().lower(): each for each in attributes}
        added = self._added(said, https)
        if https and self._takes_prefix(name, said, added):
            pair = f"{_HOST}{pair}"

        return "; ".join((pair, *attributes, *added))

    def _added(self, said: Mapping[str, str], https: bool) -> list[str]:
        added = []
        # Over plain HTTP, browsers drop a cookie that is Secure.
        if self.secure and https and "secure" not in said:
            added.append("Secure")
        if self.httponly and "httponly" not in said:
            added.append("HttpOnly")
        if self.samesite and "samesite" not in said:
            added.append(f"SameSite={self.samesite}")

        return added

    def _takes_prefix(
        self, name: str, said: Mapping[str, str], added: Iterable[str]
    ) -> bool:
        path = said.get("path", "").partition("=")[2].strip()
        return (
            self._is_prefixed(name)
            and ("secure" in said or "Secure" in added)
            and "domain" not in said
            and path == "/"
        )

    def _is_prefixed(self, name: str) -> bool:
        return not isinstance(self.prefixed, bool) and name in self.prefixed

    def received(self, cookies: str) -> str:
        """A ``Cookie`` header with the names that the app knows.

        A cookie that should have the prefix and has not was set by somebody
        else, such as a sibling domain, and is left out.
        """
        kept = []
        for pair in cookies.split(";"):
            name, equals, value = pair.strip().partition("=")
            bare = name.removeprefix(_HOST)
            if not self._is_prefixed(bare):
                kept.append(pair.strip())
            elif bare != name:
                kept.append(f"{bare}{equals}{value}")

        return "; ".join(kept)


def parse(value: object) -> CookiePolicy | None:
    """The policy that a key means, if any.

    :raises ValueError: It cannot be this.
    """
    if value is None or value is False:
        return None

    options = named(value, _OPTIONS)
    same_site = options.get("samesite", True)
    prefixed = options.get("host_prefix", False)
    return CookiePolicy(
        secure=flag(options, "secure", True),
        httponly=flag(options, "httponly", False),
        samesite=choose(same_site, _SAME_SITES, "Lax") if same_site else None,
        prefixed=prefixed if isinstance(prefixed, bool) else _names(prefixed),
        exempt=_names(options.get("except", ())),
    )


def _names(value: object) -> frozenset[str]:
    texts = value.split(",") if isinstance(value, str) else value
    if not isinstance(texts, (list, tuple, set, frozenset)):
        raise ValueError(not_possible(value))

    return frozenset(str(each).strip().removeprefix(_HOST) for each in texts)
