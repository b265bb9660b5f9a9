"""The page's words: every language has every text, and every text is used."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import NamedTuple

import pytest

from tests.helpers import ROOT

WEB = ROOT / "web"
LANGUAGES = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted((WEB / "messages").glob("*.json"))
}
SCRIPTS = {
    path.relative_to(WEB).as_posix(): path.read_text("utf-8")
    for folder in ("embed", "page", "shared")
    for path in sorted((WEB / folder).rglob("*.js"))
}
PAGE = "".join((WEB / name).read_text("utf-8") for name in ("index.html", "embed.html"))

PLURALS = {
    "en": {"one", "other"},
    "de": {"one", "other"},
    "ar": {"zero", "one", "two", "few", "many", "other"},
}
"""The forms that a language has, as Intl.PluralRules names them (Unicode CLDR, cardinal numbers)."""

_COMMENT = re.compile(r"/\*.*?\*/|^\s*//[^\n]*", re.DOTALL | re.MULTILINE)
_CALL = re.compile(
    r"""(?<![\w.#])(?:t|has)\(\s*(["'`])(.+?)\1|(?<![\w.#])say\((?:[^"'`]|"[^"]*",)*?,\s*(["'`])(.+?)\3"""
)
_ATTRIBUTE = re.compile(r"""\bdata-t(?:-\w+)?="([^"]+)\"""")
_TEXT = re.compile(r"""(["'`])([a-z][\w-]*(?:\.[\w${}().-]+)+)\1""")
_FIELD = re.compile(r"\{(\w+)\}")


class Uses(NamedTuple):
    """Keys that scripts and page ask for: by name, and by a pattern where a part is put in."""

    names: set[str]
    patterns: set[str]


def base(key: str) -> str:
    """The key without the form of a plural."""
    stem, _, form = key.rpartition(".")
    return stem if form in PLURALS["ar"] else key


def forms(messages: Iterable[str], key: str) -> set[str]:
    """The forms that a language has of a plural."""
    return {one.rpartition(".")[2] for one in messages if base(one) == key and one != key}


def fields(text: str) -> set[str]:
    return set(_FIELD.findall(text))


def asked_for(scripts: Iterable[str], page: str) -> Uses:
    """What must exist: arguments of t, has and say, and attributes of the page."""
    found = {
        first or second
        for script in scripts
        for _, first, _, second in _CALL.findall(_COMMENT.sub("", script))
    }
    found |= set(_ATTRIBUTE.findall(page))
    return split(found)


def named(scripts: Iterable[str], page: str) -> Uses:
    """What may be meant: every text of a script that looks like a key, and attributes of the page."""
    found = {text for script in scripts for _, text in _TEXT.findall(_COMMENT.sub("", script))}
    return split(found | set(_ATTRIBUTE.findall(page)) | asked_for(scripts, page).names)


def split(found: set[str]) -> Uses:
    patterns = {re.sub(r"\\\$\\\{.*?\\\}", r"[\\w-]+", re.escape(text)) for text in found if "${" in text}
    return Uses({text for text in found if "${" not in text}, patterns)


def test_the_checker_finds_keys() -> None:
    scripts = [
        '/* t("no.1") */ t("a.b"); it("no.2"); t(`error.${code}.hint`); say(byId("x", Y), "c.d", { n });'
    ]
    uses = asked_for(scripts, '<p data-t="e.f" data-t-label="g.h">')
    assert uses.names == {"a.b", "c.d", "e.f", "g.h"}
    assert [re.fullmatch(p, "error.not-an-image.hint") is not None for p in uses.patterns] == [True]


def test_guard_js_knows_the_languages_and_their_directions() -> None:
    table = re.search(r"LANGUAGES = \{(.+?)\}", SCRIPTS["page/guard.js"])
    assert table
    known = dict(re.findall(r'(\w+): "(\w+)"', table[1]))
    assert known == {language: messages["shell.direction"] for language, messages in LANGUAGES.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_same_texts_with_the_same_fields(language: str) -> None:
    english, messages = LANGUAGES["en"], LANGUAGES[language]
    assert {base(key) for key in messages} == {base(key) for key in english}
    for key, text in messages.items():
        assert text.strip() == text, key
        assert text, key
        allowed = fields(english.get(key) or english[f"{base(key)}.other"])
        # "One photo" and "two photos" need no number.
        missing = allowed - fields(text) - ({"n"} if base(key) != key else set())
        assert not missing, f"{key} leaves out {missing}"
        assert fields(text) <= allowed, f"{key} has fields that English has not"


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_have_the_forms_of_the_language(language: str) -> None:
    messages = LANGUAGES[language]
    for key in {base(key) for key in messages if base(key) != key}:
        assert forms(messages, key) == PLURALS[language], key


def test_every_key_that_is_asked_for_exists() -> None:
    known = {*LANGUAGES["en"], *map(base, LANGUAGES["en"])}
    uses = asked_for(SCRIPTS.values(), PAGE)
    assert uses.names - known == set()
    lost = {pattern for pattern in uses.patterns if not any(re.fullmatch(pattern, key) for key in known)}
    assert lost == set()


def test_no_text_is_left_over() -> None:
    uses = named(SCRIPTS.values(), PAGE)
    unused = {
        key
        for key in map(base, LANGUAGES["en"])
        if key not in uses.names and not any(re.fullmatch(pattern, key) for pattern in uses.patterns)
    }
    assert unused == set()


def listed(pattern: str) -> set[str]:
    """Names in a list or a union of web/shared/protocol.js."""
    found = re.search(pattern, SCRIPTS["shared/protocol.js"], re.DOTALL)
    assert found
    return set(re.findall(r'"([\w-]+)"', found[1]))


def test_whatever_has_a_code_has_words() -> None:
    known = LANGUAGES["en"].keys()
    notes = listed(r"@typedef \{([^}]*)\} Note\b")
    codes, stages = (listed(rf"export const {name} = .*?\(\[(.*?)\]") for name in ("ERROR_CODES", "STAGES"))
    assert "first-frame" in notes
    assert {f"note.{note}" for note in notes} <= known
    assert {f"error.{code}.{part}" for code in codes for part in ("message", "hint")} <= known
    assert {f"step.{stage}.{part}" for stage in stages for part in ("words", "label")} <= known


def test_reasons_of_devices_are_known_to_the_page() -> None:
    """What worker/device.js gives as the reason of a choice is met by a pattern of page/reasons.js."""
    device = (WEB / "worker" / "device.js").read_text("utf-8")
    lines = [one for one in device.splitlines() if re.search(r"\b(?:cpu|withoutGpu)\(|\breason:", one)]
    texts = [text[1:-1] for one in lines for text in re.findall(r"\"[^\"]*\"|`[^`]*`", one)]
    reasons = [re.sub(r"\$\{.*?\}", "7", text) for text in texts if " " in text]
    patterns = [p.replace("?<", "?P<") for p in re.findall(r"\[/(\^.*?\$)/,", SCRIPTS["page/reasons.js"])]
    assert len(reasons) >= 7
    assert [text for text in reasons if not any(re.fullmatch(p, text) for p in patterns)] == []


def test_the_page_stands_in_english() -> None:
    """Without scripts, and before they run, the page says what English says."""
    english = LANGUAGES["en"]
    for key, text in re.findall(r'data-t="([^"]+)"[^>]*>([^<]*)<', PAGE):
        assert text == english[key], key
    for tag in re.findall(r"<[^>]*\bdata-t-[^>]*>", PAGE):
        for kind, key in re.findall(r'data-t-(\w+)="([^"]+)"', tag):
            attribute = "aria-label" if kind == "label" else kind
            assert re.search(rf'\s{attribute}="([^"]*)"', tag), tag
            assert re.search(rf'\s{attribute}="([^"]*)"', tag)[1] == english[key], key  # type: ignore[index]
