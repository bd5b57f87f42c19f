"""Names, permits and public suffixes."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from ipaddress import ip_address
from ipaddress import ip_network

import idna
import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev.errors import InvalidName
from flask_tlsdev.names import check_permit
from flask_tlsdev.names import DEFAULT_PERMITS
from flask_tlsdev.names import explain_permit
from flask_tlsdev.names import is_development
from flask_tlsdev.names import is_public_suffix
from flask_tlsdev.names import Name
from flask_tlsdev.names import parse
from flask_tlsdev.names import parse_name
from flask_tlsdev.names import Permits
from flask_tlsdev.printable import printable

LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(
    lambda label: label[2:4] != "--"
)
DOMAINS = st.lists(LABELS, min_size=1, max_size=4).map(
    lambda labels: ".".join([*labels, "test"])
)


# Reading names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("localhost", Name("dns", "localhost")),
        ("App.TEST", Name("dns", "app.test")),
        ("app.test.", Name("dns", "app.test")),
        ("*.app.test", Name("dns", "*.app.test")),
        ("*.Bücher.test", Name("dns", "*.xn--bcher-kva.test")),
        ("web", Name("dns", "web")),
        ("192-168-1-20.nip.io", Name("dns", "192-168-1-20.nip.io")),
        ("r3---sn-a.test", Name("dns", "r3---sn-a.test")),
        ("1.app.test", Name("dns", "1.app.test")),
        ("a" * 63 + ".test", Name("dns", "a" * 63 + ".test")),
        ("127.0.0.1", Name("ip", "127.0.0.1")),
        ("::1", Name("ip", "::1")),
        ("[::1]", Name("ip", "::1")),
        ("FD00:0:0::0001", Name("ip", "fd00::1")),
    ],
)
def test_a_name_is_read_into_its_one_form(text: str, name: Name) -> None:
    assert parse_name(text) == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("app test", "white space"),
        ("app\ntest", "white space"),
        ("*", "needs a domain"),
        ("*.", "needs a domain"),
        ("*.localhost", "directly below 'localhost'"),
        ("*.test", "directly below 'test'"),
        ("*.co.uk", "directly below 'co.uk'"),
        ("*.github.io", "directly below 'github.io'"),
        ("*.公司.cn", "directly below '公司.cn'"),
        ("app.*.test", "all of the first part"),
        ("w*.app.test", "all of the first part"),
        ("*.*.test", "all of the first part"),
        ("a" * 64 + ".test", "64 characters"),
        ("ü" * 60 + ".test", "characters, 63 may"),
        ("a." * 125 + "test", "254 characters"),
        ("*." + "a." * 124 + "test", "254 characters"),
        ("a" * 5000, "at most 253"),
        ("-app.test", "hyphen"),
        ("app-.test", "hyphen"),
        ("app..test", "empty"),
        (".app.test", "empty"),
        (".", "empty"),
        ("a!b.test", "'!' is no letter"),
        ("a\x1b[2J.test", r"'\x1b' is no letter"),
        ("a\x00.test", r"'\x00' is no letter"),
        ("127.0.0.256", "looks like an IPv4 address"),
        ("1.2.3.4.5", "looks like an IPv4 address"),
        ("app.123", "looks like an IPv4 address"),
        ("app.0x1f", "looks like an IPv4 address"),
        ("*.0.0.1", "looks like an IPv4 address"),
        (":::", "no IPv6 address"),
        ("[app", "no letter"),
        ("💩.test", "U+1F4A9 PILE OF POO"),
        ("i♥u.test", "U+2665"),
        ("a\u200bb.test", "U+200B ZERO WIDTH SPACE"),
        ("a\u202eb.test", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\u0301a.test", "begins with an accent"),
        ("אa.test", "two directions"),
        ("ü1--.test", "hyphen"),
        ("aü--b.test", "third and fourth"),
        ("xn--a.test", "no name of another script"),
        ("xn--ls8h.test", "no name of another script"),
        ("xn--app-.test", "hyphen"),
        (f"xn--{'Üa'.encode('punycode').decode()}.test", "no name of another script"),
        ("א1٣.xn--4dbrk0ce", "two directions"),
        ("1a.xn--4dbrk0ce", "two directions"),
        ("xn--999999999.test", "no name of another script"),
    ],
)
def test_what_is_no_name_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidName) as caught:
        parse_name(text)

    assert reason in caught.value.message
    assert caught.value.text == text
    assert printable(caught.value, 9999) == str(caught.value)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (" app.test ", "app.test"),
        ("example.test:8443", "example.test"),
        ("example.test:", "example.test"),
        ("127.0.0.1:443", "127.0.0.1"),
        ("[::1]:443", "::1"),
        ("https://example.test/x?y#z", "example.test"),
        ("HTTPS://user:secret@Example.test:8443/x", "example.test"),
        ("https://[::1]:8443/", "::1"),
        ("me@example.test", "example.test"),
        ("example.test/path", "example.test"),
        ("10.0.0.0/8", "10.0.0.0"),
        ("fe80::1%eth0", "fe80::1"),
        ("my_app.test", "my-app.test"),
        ("app..test", "app.test"),
        (".app.test", "app.test"),
        ("[app.test]", "app.test"),
        ("127.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("127.000.0.01", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("１２７.0.0.1", "127.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("*.bücher.test:80", "*.bücher.test"),
    ],
)
def test_a_typing_error_is_answered_with_what_was_meant(text: str, meant: str) -> None:
    with pytest.raises(InvalidName) as caught:
        parse_name(text)

    assert caught.value.hint == f"Did you mean {meant}?"


def test_only_what_is_a_name_is_suggested() -> None:
    with pytest.raises(InvalidName) as caught:
        parse_name("https://user@/x")

    assert "Did you mean" not in str(caught.value)


def test_a_wildcard_below_a_top_level_name_is_answered_with_what_works() -> None:
    with pytest.raises(InvalidName) as caught:
        parse_name("*.localhost")

    assert "app.localhost" in caught.value.hint
    assert parse_name("*.app.localhost").wildcard


@given(st.text())
@example("https://" * 50)
@example("@" * 900)
@example("xn--" * 200)
@example(".".join(["9" * 400, "1"]))
def test_any_text_is_a_name_or_refused_and_never_anything_else(text: str) -> None:
    try:
        name = parse_name(text)
    except InvalidName as error:
        sentence = str(error)
    else:
        sentence = name.unicode
        assert name.value.isascii()
        assert parse_name(name.value) == name
        assert parse_name(name.unicode) == name

    assert printable(sentence, 9999) == sentence


@given(st.ip_addresses().filter(lambda ip: not getattr(ip, "ipv4_mapped", None)))
def test_every_address_is_a_name(address: object) -> None:
    name = parse_name(str(address))

    assert name.kind == "ip"
    assert name.address == address


def test_several_names_are_read_in_order_and_each_once() -> None:
    expected = tuple(map(parse_name, ["b.test", "::1", "a.test"]))

    assert parse("b.test, [::1]  a.test,B.test.,0::1") == expected
    assert parse(["b.test", "::1", "a.test", "B.TEST"]) == expected


@pytest.mark.parametrize("nothing", ["", " , ", [], ()])
def test_no_name_at_all_is_refused(nothing: str | list[str]) -> None:
    with pytest.raises(InvalidName, match="No name was given"):
        parse(nothing)


# Names in every script


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("BÜCHER.test", "xn--bcher-kva.test"),
        ("bu\u0308cher.test", "xn--bcher-kva.test"),
        ("straße.test", "xn--strae-oqa.test"),
        ("STRAẞE.test", "xn--strae-oqa.test"),
        ("βόλος.test", "xn--nxasmm1c.test"),
        ("ａｐｐ．test", "app.test"),
        ("日本。test", "xn--wgv71a.test"),
        ("ファイル・サーバ.test", None),
        ("l·l.test", None),
        ("नेपाल.test", None),
        ("क्\u200dष.test", None),
        ("نامه\u200cای.test", None),
        ("क्\u200cष.test", None),
        ("مصر.test", None),
        ("שלום.xn--4dbrk0ce", None),
        ("xn--fa-hia.test", "xn--fa-hia.test"),
        ("XN--FA-HIA.test", "xn--fa-hia.test"),
    ],
)
def test_other_scripts_become_what_browsers_look_up(
    text: str, value: str | None
) -> None:
    expected = idna.encode(text, uts46=True).decode()

    name = parse_name(text)

    assert name.value == expected
    assert value in {None, expected}


@pytest.mark.parametrize(
    "text",
    ["a·b.test", "a・b.test", "a\u200cb.test", "نا\u200cا.test", "״א.test"],
)
def test_a_letter_that_needs_its_neighbour_is_refused_without_it(text: str) -> None:
    with pytest.raises(idna.IDNAError):
        idna.encode(text, uts46=True)

    with pytest.raises(InvalidName):
        parse_name(text)


def encoded(text: str) -> str | None:
    try:
        return idna.encode(text, uts46=True, std3_rules=True).decode()
    except idna.IDNAError:
        return None


def parsed(text: str) -> str | None:
    try:
        return parse_name(text).value
    except InvalidName:
        return None


def test_every_character_is_treated_as_the_tables_of_unicode_say() -> None:
    """All of Unicode against ``idna``, which has the tables.

    Only what those tables silently drop is refused, because nobody sees it.
    """
    texts = [
        f"a{chr(code)}.test"
        for code in range(0x80, 0x30000)
        if unicodedata.category(chr(code)) not in {"Cn", "Co", "Cs"}
        and chr(code) not in "。．｡"
    ]

    ours = {text: (parsed(text), encoded(text)) for text in texts}

    different = [text for text, (we, they) in ours.items() if we not in {None, they}]
    refused = [text for text, (we, they) in ours.items() if we is None and they]
    assert different == []
    assert {ours[text][1] for text in refused} == {"a.test"}


@given(st.text(st.characters(min_codepoint=0x80, categories=["L", "M"]), max_size=6))
def test_labels_of_letters_agree_with_the_tables_of_unicode(label: str) -> None:
    text = f"a{label}.test"

    assert parsed(text) in {None, encoded(text)}


def test_a_name_is_shown_in_its_own_script() -> None:
    assert parse_name("*.bücher.xn--fa-hia.test").unicode == "*.bücher.faß.test"
    assert Name("dns", "xn--a.test").unicode == "xn--a.test"
    assert parse_name("::1").unicode == "::1"


# What a name is


@pytest.mark.parametrize(
    ("name", "other", "covered"),
    [
        ("app.test", "app.test", True),
        ("app.test", "www.app.test", False),
        ("*.app.test", "www.app.test", True),
        ("*.app.test", "*.app.test", True),
        ("*.app.test", "app.test", False),
        ("*.app.test", "a.b.app.test", False),
        ("*.app.test", "wwwapp.test", False),
        ("*.a.app.test", "*.app.test", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
    ],
)
def test_a_wildcard_covers_exactly_one_label(
    name: str, other: str, covered: bool
) -> None:
    assert parse_name(name).covers(parse_name(other)) is covered


@pytest.mark.parametrize(
    ("name", "suffix", "below"),
    [
        ("test", "test", True),
        ("app.test", "test", True),
        ("*.app.test", "app.test", True),
        ("app.test", "app.test", True),
        ("myapp.test", "app.test", False),
        ("test", "app.test", False),
        ("127.0.0.1", "1", False),
    ],
)
def test_below_means_equal_or_with_a_dot_between(
    name: str, suffix: str, below: bool
) -> None:
    assert parse_name(name).is_below(suffix) is below


@pytest.mark.parametrize(
    ("text", "file_name"),
    [
        ("app.test", "app.test"),
        ("*.app.test", "_.app.test"),
        ("::1", "0--1"),
        ("fd00::1", "fd00--1"),
        ("con", "_con"),
        ("con.app.test", "_con.app.test"),
        ("COM1.test", "_com1.test"),
        ("console.test", "console.test"),
        ("a" * 63 + "." + "b" * 63, "a" * 63),
    ],
)
def test_the_file_name_is_fit_for_every_file_system(text: str, file_name: str) -> None:
    assert parse_name(text).file_name == file_name


@given(st.one_of(DOMAINS, DOMAINS.map("*.{}".format), st.ip_addresses(v=6).map(str)))
def test_a_file_name_is_short_and_of_safe_characters(text: str) -> None:
    name = Name("ip" if ":" in text else "dns", text)

    file_name = name.file_name

    assert 0 < len(file_name) <= 64
    assert set(file_name) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-_")
    assert file_name[0] not in "-."
    assert file_name[-1] != "."


def test_names_sort_and_have_no_address_unless_they_are_one() -> None:
    names = parse("b.test, ::1, a.test")

    assert list(map(str, sorted(names))) == ["a.test", "b.test", "::1"]
    assert names[1].address == ip_address("::1")
    with pytest.raises(ValueError, match=r"b\.test"):
        _ = names[0].address


# Permits


@pytest.mark.parametrize(
    "text",
    [
        "localhost",
        "app.localhost",
        "*.app.localhost",
        "app.test",
        "*.app.test",
        "127.0.0.1",
        "127.9.9.9",
        "::1",
    ],
)
def test_the_default_permits_are_this_machine_and_test_names(text: str) -> None:
    assert DEFAULT_PERMITS.allows(parse_name(text))


@pytest.mark.parametrize(
    "text",
    ["google.com", "mytest", "test.com", "local", "8.8.8.8", "::2", "192.168.1.1"],
)
def test_the_default_permits_hold_nothing_else(text: str) -> None:
    assert not DEFAULT_PERMITS.allows(parse_name(text))


def test_what_is_missing_is_told_in_order() -> None:
    names = parse("a.corp localhost 10.0.0.1 *.app.test")

    assert DEFAULT_PERMITS.missing(names) == parse("a.corp 10.0.0.1")


def test_a_wildcard_is_permitted_where_its_domain_is() -> None:
    permits = Permits.from_texts(["app.corp.example"])

    assert permits.allows(parse_name("*.app.corp.example"))
    assert not permits.allows(parse_name("*.corp.example"))


def test_permits_are_the_same_after_they_were_written_and_read() -> None:
    permits = DEFAULT_PERMITS.with_("Bücher.example", "192.168.1.0/24", "fd00::1")

    assert permits.texts == (
        "localhost",
        "test",
        "xn--bcher-kva.example",
        "127.0.0.0/8",
        "::1/128",
        "192.168.1.0/24",
        "fd00::1/128",
    )
    assert Permits.from_texts(permits.texts) == permits
    assert "bücher.example" in str(permits)


def test_what_another_permit_holds_is_left_out() -> None:
    permits = DEFAULT_PERMITS.with_("app.test", "127.0.0.1", "localhost")

    assert permits == DEFAULT_PERMITS


def test_a_wider_permit_takes_the_place_of_the_narrow_one() -> None:
    permits = Permits.from_texts(["app.corp", "10.1.0.0/16"]).with_(
        "corp", "10.0.0.0/8"
    )

    assert permits.texts == ("corp", "10.0.0.0/8")


@pytest.mark.parametrize(
    ("text", "permit"),
    [
        ("local", "local"),
        ("internal", "internal"),
        ("home.arpa", "home.arpa"),
        ("acme-corp.com", "acme-corp.com"),
        ("intranet", "intranet"),
        ("192-168-1-20.nip.io", "192-168-1-20.nip.io"),
        ("Bücher.DE", "xn--bcher-kva.de"),
        ("192.168.1.20", "192.168.1.20/32"),
        ("[fd00::1]", "fd00::1/128"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("192.168.1.0/255.255.255.0", "192.168.1.0/24"),
        ("fd00::/8", "fd00::/8"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("2001:db8::/32", "2001:db8::/32"),
    ],
)
def test_what_people_own_can_be_permitted(text: str, permit: str) -> None:
    assert check_permit(text) == permit
    assert check_permit(permit) == permit


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ("com", "anybody can have a name below it", "app.com"),
        ("co.uk", "anybody can have a name below it", "app.co.uk"),
        ("github.io", "anybody can have a name below it", "app.github.io"),
        ("xn--fiqs8s", "anybody can have a name below it", "app.中国"),
        ("ck", "anybody can have a name below it", "app.ck"),
        ("amazonaws.com", "which it includes", "app.amazonaws.com"),
        ("nip.io", "every address there is", "192-168-1-20.nip.io"),
        ("sslip.io", "every address there is", "192-168-1-20.sslip.io"),
        ("", "empty", ""),
        ("*.app.test", "no wildcard", "Did you mean app.test?"),
        ("https://app.test/", "URL", "Did you mean app.test?"),
        ("app.test/x", "no network", "192.168.1.0/24"),
        ("192.168.1.0/33", "no network", "192.168.1.0/24"),
        ("192.168.1.20/24", "inside a network", "Did you mean 192.168.1.0/24"),
        ("fd00::1/64", "inside a network", "Did you mean fd00::/64"),
        ("0.0.0.0/0", "other people's", "/16"),
        ("::/0", "other people's", "/32"),
        ("8.0.0.0/8", "other people's", "/16"),
        ("128.0.0.0/1", "other people's", "/16"),
        ("10.0.0.0/7", "other people's", "/16"),
        ("2000::/3", "other people's", "/32"),
        ("::ffff:0:0/96", "in the form of IPv6", "0.0.0.0/0"),
        ("::ffff:10.0.0.0/104", "in the form of IPv6", "10.0.0.0/8"),
    ],
)
def test_what_others_own_cannot_be_permitted(text: str, reason: str, hint: str) -> None:
    with pytest.raises(InvalidName) as caught:
        check_permit(text)

    assert reason in caught.value.message
    assert hint in caught.value.hint


def test_permits_from_a_file_are_checked_as_those_that_are_typed() -> None:
    with pytest.raises(InvalidName):
        Permits.from_texts(["localhost", "com"])


@given(st.text())
@example("fe80::%eth0/64")
@example("/")
@example("1/" * 9)
def test_any_text_is_a_permit_or_refused(text: str) -> None:
    try:
        permit = check_permit(text)
    except InvalidName as error:
        sentence = str(error)
    else:
        sentence = explain_permit(permit)
        assert check_permit(permit) == permit
        assert Permits.from_texts([text]).texts == (permit,)

    assert printable(sentence, 9999) == sentence


@given(st.ip_addresses(), st.integers(0, 128))
def test_no_network_permit_reaches_all_of_the_internet(
    address: object, length: int
) -> None:
    text = str(ip_network(f"{address}/{length % 33}", strict=False))

    try:
        permits = Permits.from_texts([text])
    except InvalidName:
        return

    reached = [permits.allows(parse_name(ip)) for ip in ("8.8.8.8", "1.1.1.1")]
    assert reached != [True, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("app.corp", "app.corp and every name below it"),
        ("local", "on every network you join"),
        ("192.168.1.20", "192.168.1.20."),
        ("192.168.1.0/24", "every address from 192.168.1.0 to 192.168.1.255"),
        ("fd00::/8", "every address from fd00:: to fdff:"),
    ],
)
def test_a_permit_says_what_a_thief_could_do(text: str, said: str) -> None:
    sentence = explain_permit(text)

    assert said in sentence
    assert sentence.endswith(".")


# Development hosts and public suffixes


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST.",
        "app.localhost",
        "app.test",
        "example",
        "www.invalid",
        "printer.local",
        "db.internal",
        "nas.home.arpa",
        "router.lan",
        "192-168-1-20.nip.io",
        "10.0.0.1.sslip.io",
        "web",
        "127.0.0.1",
        "127.1",
        "10.1.2.3",
        "192.168.1.20",
        "172.16.0.1",
        "169.254.1.1",
        "0.0.0.0",
        "::1",
        "[::1]",
        "[fe80::1]",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "",
        "a b",
        "a/b.com",
        "x" * 9999,
        "\x00",
        "\ud800.com\n",
    ],
)
def test_a_development_host_is_known_as_one(host: str) -> None:
    assert is_development(host)


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "EXAMPLE.com.",
        "my-test.com",
        "localhost.com",
        "xn--bcher-kva.de",
        "bücher.de",
        "8.8.8.8",
        "2606:4700::1111",
        "[2606:4700::1111]",
        "::ffff:8.8.8.8",
        "nip.io.com",
    ],
)
def test_a_host_of_the_internet_is_no_development_host(host: str) -> None:
    assert not is_development(host)


@given(st.text())
def test_any_host_gets_an_answer(host: str) -> None:
    assert is_development(host) in {True, False}


@pytest.mark.parametrize(
    "domain",
    ["com", "co.uk", "github.io", "公司.cn", "xn--55qx5d.cn", "ck", "foo.ck", "中国"],
)
def test_a_public_suffix_is_found(domain: str) -> None:
    assert is_public_suffix(domain)


@pytest.mark.parametrize(
    "domain",
    ["", "google.com", "www.ck", "x.github.io", "a.foo.ck", "test", "local", "corp"],
)
def test_what_somebody_owns_is_no_public_suffix(domain: str) -> None:
    assert not is_public_suffix(domain)


def test_names_need_neither_cryptography_nor_the_list_until_asked() -> None:
    code = (
        "import sys; from flask_tlsdev import keys, names;"
        "names.parse('localhost *.app.test ::1');"
        "from flask_tlsdev.names import _suffixes;"
        "assert 'cryptography' not in sys.modules;"
        "assert _suffixes._rules.cache_info().misses == 0"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_name_that_was_parsed_is_that_one_name() -> None:
    (name,) = parse("app.test")

    assert parse(name) == (name,)
