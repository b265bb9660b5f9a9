"""The embedded tool's side of the conversation, run by Node: nothing breaks, nothing leaks."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alphacut.store.node import node_command

OWN, LISTED, STRANGER = "https://site.example", "https://shop.example", "https://stranger.example"
EXAMPLES, LONGEST = 400, 60


class Talk:
    """A Node process that has conversations with the tool's side."""

    def __init__(self) -> None:
        self.said = 0
        self._process = subprocess.Popen(
            [*node_command(), str(Path(__file__).with_name("embed-host.mjs"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def about(self, messages: list[dict[str, Any]], **kind: bool) -> dict[str, Any]:
        self.said += len(messages)
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"messages": messages, **kind}) + "\n")
        self._process.stdin.flush()
        heard: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert "crashed" not in heard, heard
        return heard

    def end(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="module")
def talk() -> Iterator[Talk]:
    talk = Talk()
    yield talk
    talk.end()


def say(data: object, origin: str = LISTED) -> dict[str, Any]:
    return {"origin": origin, "data": data}


def ours(kind: str, **more: object) -> dict[str, Any]:
    return {"alphacut": 1, "type": kind, **more}


def remove(id_: object, image: object = None) -> dict[str, Any]:
    return ours("remove", id=id_, image={"$": "blob"} if image is None else image)


HELLO = ours("hello")


def types(heard: dict[str, Any]) -> list[str]:
    return [post["data"]["type"] for post in heard["posted"]]


def codes(heard: dict[str, Any]) -> list[str]:
    return [post["data"]["error"]["code"] for post in heard["posted"] if post["data"]["type"] == "error"]


def test_a_photo_goes_through(talk: Talk) -> None:
    heard = talk.about([say(HELLO | {"wait": True}), say(remove("a"))])
    assert types(heard) == ["ready", "progress", "result"]
    assert {post["origin"] for post in heard["posted"]} == {LISTED}
    assert [post["data"].get("id") for post in heard["posted"]] == [None, "a", "a"]
    assert heard["posted"][0]["data"]["trusted"] is True


@pytest.mark.parametrize("image", ["blob", "buffer"])
def test_photos_come_as_files_and_as_buffers(talk: Talk, image: str) -> None:
    heard = talk.about([say(HELLO), say(remove(1, {"$": image}))])
    assert heard["removed"] == [{"blob": "Blob", "buffer": "ArrayBuffer"}[image]]


def test_an_unlisted_page_may_show_the_tool_and_no_more(talk: Talk) -> None:
    asked = [
        HELLO | {"wait": True},
        ours("options", options={"theme": "dark"}),
        remove(1),
        ours("cancel", id=1),
    ]
    heard = talk.about([say(one, STRANGER) for one in [*asked, ours("dispose")]])
    assert heard["removed"] == []
    assert types(heard) == ["ready", "error", "error", "error"]
    assert heard["posted"][0]["data"]["trusted"] is False
    assert set(codes(heard)) == {"origin-refused"}


def test_the_sites_own_pages_are_trusted(talk: Talk) -> None:
    assert types(talk.about([say(HELLO, OWN), say(remove(1), OWN)]))[-1] == "result"


def test_nothing_is_heard_before_hello_nor_from_another_origin_after_it(talk: Talk) -> None:
    heard = talk.about([say(remove(1)), say(HELLO), say(remove(2), OWN)])
    assert codes(heard) == ["bad-message", "bad-message"]
    assert heard["removed"] == []


def test_windows_other_than_the_host_and_sandboxed_hosts_are_not_answered(talk: Talk) -> None:
    messages = [say(HELLO) | {"elsewhere": True}, say(HELLO, "null"), say(HELLO, "file://"), say({"a": 1})]
    assert talk.about(messages) == {"posted": [], "removed": []}


@pytest.mark.parametrize(
    "data",
    [
        {"alphacut": 2, "type": "hello"}, ours("fly"), ours("toString"), remove(1.5), remove(""),
        ours("remove", id=1),
        remove("x" * 65), remove({"$": "nan"}), remove(1, {"$": "blob", "n": 0}), remove(1, "https://a.example/photo.jpg"),
        remove(1, [1, 2, 3]), remove(1) | {"options": [1]}, remove(1) | {"options": "x"},
        ours("cancel"), {"alphacut": "1"},
        {"$": "cyclic"},
    ],
)  # fmt: skip
def test_what_is_malformed_is_refused_with_a_reason(talk: Talk, data: object) -> None:
    heard = talk.about([say(HELLO | {"wait": True}), say(data), say(remove("next"))])
    assert types(heard) == ["ready", "error", "progress", "result"]
    assert codes(heard) == ["bad-message"]
    assert heard["posted"][1]["data"]["error"]["message"]


def test_wrong_options_are_named_and_the_others_used(talk: Talk) -> None:
    heard = talk.about(
        [say(ours("hello", options={"theme": "pink", "device": "wasm", "__proto__": 1, "x" * 200: 1}))]
    )
    assert codes(heard) == ["bad-options"]
    words = heard["posted"][0]["data"]["error"]["message"]
    assert 'be "pink".' in words
    assert types(heard)[-1] == "ready"


def test_an_id_is_used_once_at_a_time(talk: Talk) -> None:
    heard = talk.about([say(HELLO), say(remove(1)), say(remove(1)), say({"wait": True}), say({"wait": True})])
    assert Counter(types(heard))["result"] == 1
    assert codes(heard) == ["bad-message"]
    assert [post["data"]["id"] for post in heard["posted"] if post["data"]["type"] == "error"] == [None]


def test_too_many_at_a_time_are_refused(talk: Talk) -> None:
    heard = talk.about([say(HELLO), *(say(remove(at)) for at in range(101))])
    assert codes(heard) == ["too-many-requests"]
    assert Counter(types(heard))["result"] == 100


def test_cancel_and_dispose_end_what_is_under_way(talk: Talk) -> None:
    for last in (ours("cancel", id=1), ours("dispose")):
        heard = talk.about([say(HELLO | {"wait": True}), say(remove(1)), say(last)])
        assert codes(heard) == ["cancelled"]


def test_a_tool_that_falls_over_says_so(talk: Talk) -> None:
    assert codes(talk.about([say(HELLO), say(remove(1))], failing=True)) == ["internal"]


def test_a_tool_that_could_not_be_put_together_answers_all_the_same(talk: Talk) -> None:
    asked = [HELLO, ours("options", options={}), remove(1), ours("cancel", id=1), ours("dispose")]
    assert codes(talk.about([say(one) for one in asked], broken=True)) == ["internal"] * 4


# ---- Anything at all -------------------------------------------------------------------------------

specials = st.builds(
    lambda kind, n: {"$": kind, "n": n},
    st.sampled_from(
        [
            "blob",
            "buffer",
            "map",
            "date",
            "cyclic",
            "bare",
            "nan",
            "infinity",
            "undefined",
            "big",
            "array",
            "text",
        ]
    ),
    st.sampled_from([0, 1, 70, 5000]),
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=70)
    | specials
)
names = st.sampled_from(
    ["theme", "model", "quality", "controls", "constructor", "__proto__", "demo"]
) | st.text(max_size=5)
tables = st.dictionaries(names, scalars | st.lists(scalars, max_size=3), max_size=4)
ids = st.integers(0, 3) | st.sampled_from(["a", "b"]) | scalars
messages = st.fixed_dictionaries(
    {
        "alphacut": st.just(1) | scalars,
        "type": st.sampled_from(["hello", "options", "remove", "cancel", "dispose"]) | scalars,
    },
    optional={
        "id": ids,
        "image": specials | scalars,
        "options": tables | scalars,
        "wait": st.just(value=True),
    },
)
anything = messages | specials | tables | scalars | st.lists(scalars, max_size=3)
own_doings = st.fixed_dictionaries({"own": st.sampled_from(["tell", "resize"])})
heard_from = own_doings | st.fixed_dictionaries(
    {"origin": st.sampled_from([LISTED, LISTED, OWN, STRANGER, "null", "", "*"]), "data": anything},
    optional={"elsewhere": st.just(value=True)},
)


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(said=st.lists(heard_from, min_size=LONGEST // 2, max_size=LONGEST), failing=st.booleans())
def test_whatever_is_said_nothing_breaks_and_nothing_leaks(
    talk: Talk, said: list[dict[str, Any]], failing: bool
) -> None:
    """Many of the messages are nearly right; the tool itself does things meanwhile."""
    heard = talk.about([*said, say(HELLO | {"wait": True}), say(remove("after all"))], failing=failing)
    posts = heard["posted"]
    assert {post["origin"] for post in posts} <= {LISTED, OWN, STRANGER}
    for post in posts:
        assert post["data"]["alphacut"] == 1
        assert post["origin"] != STRANGER or post["data"]["type"] in {"ready", "error", "resize"}
    answered = [post["data"] for post in posts if post["data"].get("id") == "after all"]
    assert [one["type"] for one in answered] == ["progress", "error" if failing else "result"]
    begun = sum(post["data"]["type"] == "progress" and post["data"]["id"] is not None for post in posts)
    assert begun == len(heard["removed"])


def test_the_campaign_was_large_enough(talk: Talk) -> None:
    assert talk.said >= 10_000
