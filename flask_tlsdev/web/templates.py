"""What in an app's templates would its Content-Security-Policy stop?"""

from __future__ import annotations

import re
from collections.abc import Collection
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jinja2 import TemplateNotFound

from ..headers import grading
from ..printable import printable

if TYPE_CHECKING:
    from flask import Flask

_SUFFIXES = (".html", ".htm", ".xhtml", ".svg", ".jinja", ".jinja2", ".j2")

#: Which directive speaks for what an element loads, and from which attribute.
_LOADS = {
    "script": ("script-src", "src"),
    "img": ("img-src", "src"),
    "iframe": ("frame-src", "src"),
    "video": ("media-src", "src"),
    "audio": ("media-src", "src"),
    "object": ("object-src", "data"),
    "embed": ("object-src", "src"),
}

#: Jinja's own, which may hold anything that looks like HTML.
_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_NONCE = re.compile(r"csp_nonce\s*\(")


@dataclass(frozen=True)
class Finding:
    """One place in a template."""

    template: str
    line: int
    #: What stands there and what to do, as a sentence.
    text: str


def findings_in(app: Flask, policies: Collection[str]) -> Iterator[Finding]:
    """What every one of these policies would stop, template by template.

    :param policies: Texts of Content-Security-Policy headers.
    """
    if not policies or not all(policies):
        return

    read = [grading.directives(policy) for policy in policies]
    for name in app.jinja_env.list_templates():
        if not name.endswith(_SUFFIXES):
            continue

        source = _source(app, name)
        found = [_findings(name, source, policy) for policy in read]
        others = found[1:]
        yield from (
            finding for finding in found[0] if all(finding in each for each in others)
        )


def _source(app: Flask, name: str) -> str:
    loader = app.jinja_env.loader
    if loader is None:
        return ""

    try:
        return loader.get_source(app.jinja_env, name)[0]
    except (TemplateNotFound, OSError, UnicodeDecodeError):
        # Listed, and gone or no text: nothing to be shown either.
        return ""


def _findings(
    name: str, source: str, policy: dict[str, tuple[str, ...]]
) -> list[Finding]:
    reader = _Reader(policy)
    reader.feed(_JINJA.sub(_without_markup, source))
    reader.close()
    return [Finding(printable(name), line, text) for line, text in reader.found]


def _without_markup(found: re.Match[str]) -> str:
    """Something harmless in the place of an expression, on as many lines."""
    text = "NONCE" if _NONCE.search(found[0]) else "x"
    return text + "\n" * found[0].count("\n")


class _Reader(HTMLParser):
    """Looks at tags as a browser does that has this policy."""

    def __init__(self, policy: dict[str, tuple[str, ...]]) -> None:
        super().__init__(convert_charrefs=True)
        self._policy = policy
        self.found: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for text in (
            *self._inline(tag, given),
            *self._handlers(given),
            *self._loaded(tag, given),
        ):
            self.found.append((self.getpos()[0], text))

    handle_startendtag = handle_starttag

    def _inline(self, tag: str, given: dict[str, str]) -> Iterator[str]:
        if tag not in ("script", "style") or "src" in given or "nonce" in given:
            return

        if given.get("type", "").lower() in ("application/json", "application/ld+json"):
            return

        if not grading.allows_inline(self._sources(f"{tag}-src")):
            yield (
                f"An inline <{tag}> without a nonce does nothing: write"
                f' <{tag} nonce="{{{{ csp_nonce() }}}}">.'
            )

    def _handlers(self, given: dict[str, str]) -> Iterator[str]:
        attributes = self._policy.get("script-src-attr", self._sources("script-src"))
        if not grading.allows_inline(attributes):
            for name in given:
                if name.startswith("on"):
                    yield (
                        f"The handler {printable(name)} does not run: use"
                        " addEventListener in a script."
                    )

        if given.get("href", "").strip().lower().startswith("javascript:"):
            yield "A javascript: URL does not run: use a script."

        styles = self._policy.get("style-src-attr", self._sources("style-src"))
        if "style" in given and not grading.allows_inline(styles):
            yield "A style attribute does nothing: use a class and a stylesheet."

    def _loaded(self, tag: str, given: dict[str, str]) -> Iterator[str]:
        directive, attribute = _LOADS.get(tag, ("", ""))
        if tag == "link" and "stylesheet" in given.get("rel", "").lower():
            directive, attribute = "style-src", "href"

        url = given.get(attribute, "")
        sources = self._sources(directive) if directive else ()
        if directive == "script-src" and "'strict-dynamic'" in sources:
            if url and "nonce" not in given:
                yield "A script without a nonce is not loaded: add one."
        elif directive and not _lets_in(sources, url):
            host = printable(urlsplit(url).netloc)
            yield f"{directive} does not name {host}, so <{tag}> loads nothing."

    def _sources(self, directive: str) -> tuple[str, ...]:
        return grading.sources_for(self._policy, directive)


def _lets_in(sources: tuple[str, ...], url: str) -> bool:
    """Whether a URL in a template may be loaded, as far as that can be told."""
    parts = urlsplit(url)
    if not parts.netloc:
        return True

    scheme = parts.scheme or "https"
    host = parts.hostname or ""
    return any(_matches(source, scheme, host) for source in sources)


def _matches(source: str, scheme: str, host: str) -> bool:
    if source in ("*", f"{scheme}:"):
        return True

    named = source.partition("://")[2] or source
    pattern = named.partition("/")[0].partition(":")[0].lower()
    return host == pattern or (
        pattern.startswith("*.") and host.endswith(pattern.removeprefix("*"))
    )
