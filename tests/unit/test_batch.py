"""What the batch reckons without a page (web/page/batch/), run in Node.js: order, pace and names."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from alphacut.store.node import node_command
from tests.helpers import ROOT

FOLDER = ROOT / "web" / "page" / "batch"

# Photos are worked on by hand: `begun` lists which the queue gave out, `finish` and `fail` answer them.
QUEUE = """
import { AlphacutError } from "%(protocol)s";
import { Queue } from "%(queue)s";
const begun = [], open = new Map(), changes = [];
const work = (entry, signal) => new Promise((resolve, reject) => {
  begun.push(entry.name);
  const stop = () => reject(new AlphacutError("cancelled", "Cancelled."));
  signal.addEventListener("abort", stop);
  open.set(entry.name, { resolve, reject, signal });
});
const queue = new Queue({ work, onChange: ({ name, state }) => changes.push(`${name} ${state}`) });
const photos = [..."abcdef"].map((name) => ({ name, state: "waiting", error: null, crashes: 0 }));
const [a, b, c, d, e, f] = photos;
const settled = () => new Promise((resolve) => { setTimeout(resolve); });
const finish = async (name) => { open.get(name).resolve(); await settled(); };
const fail = async (name, code) => {
  open.get(name).reject(new AlphacutError(code, "Why."));
  await settled();
};
const states = () => photos.map(({ name, state }) => `${name} ${state}`).join(", ");
"""


def in_node(script: str, **values: Any) -> Any:
    """Run a module and return what it logs as JSON."""
    command = [*node_command(), "--input-type=module", "-e", script, json.dumps(values)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


def told(story: str) -> Any:
    """What a longer script logs; where it fails, with what Node.js says of it."""
    try:
        return in_node(story)
    except subprocess.CalledProcessError as error:
        raise AssertionError(error.stderr[-600:]) from error


def queue(script: str) -> Any:
    """What a story about the queue logs."""
    paths = {
        "protocol": (ROOT / "web" / "shared" / "protocol.js").as_uri(),
        "queue": (FOLDER / "queue.js").as_uri(),
    }
    return in_node(QUEUE % paths + script)


def counted(**photo: Any) -> Any:
    """What the summary counts of one photo, which is done and has been made."""
    usual = {"state": "done", "version": 0, "made": "by this", "cutout": {"notes": []}}
    # The counting alone: what draws it needs a page.
    script = f"""
      globalThis.document = {{ documentElement: {{}} }};
      const {{ countOf }} = await import("{(FOLDER / "summary.js").as_uri()}");
      console.log(JSON.stringify(countOf([JSON.parse(process.argv[1])])));
    """
    return in_node(script, **{**usual, **photo})


@pytest.mark.parametrize("note", ["empty-mask", "full-mask", "flat-mask", "undecided-mask"])
def test_a_result_without_a_clear_subject_is_one_to_check(note: str) -> None:
    cutout = {"notes": ["first-frame", note]}
    assert counted(cutout=cutout)["check"] == 1
    assert counted(cutout=cutout, state="waiting")["check"] == 0, "its picture may become another"
    assert counted(cutout=cutout, version=1)["check"] == 0, "the reader has changed it"


def test_other_notes_are_nothing_to_check() -> None:
    assert counted(cutout={"notes": ["first-frame"]})["check"] == 0


@pytest.mark.parametrize(("state", "made", "again"), [
    ("waiting", "by another", 1), ("working", "by another", 1), ("waiting", "", 0), ("done", "by this", 0),
])  # fmt: skip
def test_what_is_made_again_is_no_loss(state: str, made: str, again: int) -> None:
    assert counted(state=state, made=made)["again"] == again


def test_two_photos_are_under_way_and_the_next_begins_when_one_is_done() -> None:
    assert queue("""
        queue.add(photos);
        const first = [...begun];
        await finish("b");
        console.log(JSON.stringify([first, begun, states()]));
    """) == [
        ["a", "b"],
        ["a", "b", "c"],
        "a working, b done, c working, d waiting, e waiting, f waiting",
    ]


def test_photos_that_come_later_join_the_line() -> None:
    assert queue("""
        queue.add([a]);
        await finish("a");
        queue.add([b, c, d]);
        console.log(JSON.stringify([begun, states()]));
    """)[0] == ["a", "b", "c"]


def test_a_failure_stops_no_other_and_says_why() -> None:
    assert queue("""
        queue.add([a, b, c]);
        await fail("a", "not-an-image");
        await finish("b");
        await finish("c");
        queue.retry([a]);
        await finish("a");
        console.log(JSON.stringify([changes, begun, a.error]));
    """) == [
        [
            *("a working", "b working", "a failed", "c working", "b done", "c done"),
            *("a waiting", "a working", "a done"),
        ],
        ["a", "b", "c", "a"],
        None,
    ]


def test_a_pause_lets_end_what_is_under_way_and_begins_nothing() -> None:
    assert queue("""
        queue.add([a, b, c, d]);
        queue.pause();
        await finish("a");
        await finish("b");
        const paused = states();
        queue.resume();
        console.log(JSON.stringify([paused, begun]));
    """) == [
        "a done, b done, c waiting, d waiting, e waiting, f waiting",
        ["a", "b", "c", "d"],
    ]


def test_one_or_all_are_cancelled_and_can_be_had_again() -> None:
    assert queue("""
        queue.add([a, b, c, d]);
        queue.cancel([a]);
        const aborted = open.get("a").signal.aborted;
        await settled();
        const one = states();
        queue.cancel();
        await settled();
        const all = states(), sofar = begun.length;
        queue.retry([d]);
        console.log(JSON.stringify([aborted, one, all, sofar, begun.at(-1)]));
    """) == [
        True,
        "a cancelled, b working, c working, d waiting, e waiting, f waiting",
        "a cancelled, b cancelled, c cancelled, d cancelled, e waiting, f waiting",
        3,
        "d",
    ]


def test_one_that_is_removed_or_begun_anew_does_not_come_back() -> None:
    assert queue("""
        queue.add([a, b, c]);
        queue.remove(a);
        const early = open.get("b");
        queue.retry([b]);
        early.resolve();
        await settled();
        console.log(JSON.stringify([begun, a.state, b.state]));
    """) == [["a", "b", "c", "b"], "working", "working"]


def test_photos_that_a_dead_worker_had_are_tried_once_more_alone_and_last() -> None:
    """The guilty one fails the second time; its neighbour, which had died with it, is done."""
    assert queue("""
        queue.add([a, b, c]);
        await Promise.all([fail("a", "worker-crashed"), fail("b", "worker-crashed")]);
        const after = [...begun];
        await finish("c");
        const alone = [...begun];
        await fail("a", "worker-crashed");
        await finish("b");
        console.log(JSON.stringify([after, alone, begun, states(), a.error.code]));
    """) == [
        ["a", "b", "c"],
        ["a", "b", "c", "a"],
        ["a", "b", "c", "a", "b"],
        "a failed, b done, c done, d waiting, e waiting, f waiting",
        "worker-crashed",
    ]


def test_memory_that_ran_out_is_a_crash_too_but_a_photo_too_large_is_not() -> None:
    assert queue("""
        queue.add([a, b]);
        await fail("a", "out-of-memory");
        await fail("b", "image-too-large");
        console.log(JSON.stringify([begun, states()]));
    """) == [
        ["a", "b", "a"],
        "a working, b failed, c waiting, d waiting, e waiting, f waiting",
    ]


def test_what_cancels_itself_is_no_failure() -> None:
    """A licence that was declined, for instance."""
    assert queue("""
        queue.add([a]);
        await fail("a", "cancelled");
        console.log(JSON.stringify([a.state, a.error]));
    """) == ["cancelled", None]


PACE = f"""
import {{ Pace }} from "{(FOLDER / "pace.js").as_uri()}";
const pace = new Pace();
const answers = [];
for (const [step, ...numbers] of JSON.parse(process.argv[1]).story) {{
  if (step === "done") pace.done({{ now: numbers[0], ms: numbers[1], megapixels: 12 }});
  else if (step === "rest") pace.rest();
  else answers.push(step === "left" ? pace.left(numbers[0]) : pace.rate);
}}
console.log(JSON.stringify(answers));
"""


@pytest.mark.parametrize(
    ("story", "answers"),
    [
        ([["left", 5], ["rate"]], [None, 0]),
        # The first photo counts by itself, later ones by the time since the one before.
        ([["done", 9000, 1000], ["left", 5], ["rate"]], [5000, 12]),
        ([["done", 9000, 1000], ["done", 9500, 1000], ["done", 10_000, 1000], ["left", 4]], [2000]),
        # One slow photo among many changes nothing.
        ([["done", 1000, 1000], ["done", 2000, 900], ["done", 60_000, 58_000], ["left", 3]], [3000]),
        # A pause is not counted.
        ([["done", 1000, 1000], ["rest"], ["done", 99_000, 1200], ["left", 1]], [1100]),
    ],
)
def test_what_is_left_is_reckoned_from_medians(story: list[Any], answers: list[Any]) -> None:
    assert in_node(PACE, story=story) == answers


def test_the_pace_follows_the_last_photos() -> None:
    slow = [["done", 1000 * n, 1000] for n in range(1, 21)]
    quick = [["done", 20_000 + 100 * n, 100] for n in range(1, 21)]
    assert in_node(PACE, story=[*slow, ["left", 1], *quick, ["left", 1]]) == [1000, 100]


NAMES = f"""
import {{ fileNames }} from "{(FOLDER.parent / "file-names.js").as_uri()}";
const {{ pattern, photos }} = JSON.parse(process.argv[1]);
console.log(JSON.stringify(fileNames(pattern, photos)));
"""


def named(pattern: str, *names: str, kind: str = "image/png", folder: str = "") -> list[str]:
    photos = [
        {"name": name, "folder": folder, "n": n, "model": "u2netp", "type": kind}
        for n, name in enumerate(names, 1)
    ]
    found: list[str] = in_node(NAMES, pattern=pattern, photos=photos)
    return found


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("{name}-cutout", "beach.photo.jpg", "beach.photo-cutout.png"),
        ("{n} {name} {model}", "a.jpg", "1 a u2netp.png"),
        ("", "a.jpg", "a-cutout.png"),
        ("{size}", "a.jpg", "{size}.png"),
        ("shop/{name}: new", "a.jpg", "shop_a_ new.png"),
        ("{name}", "../../etc/passwd.jpg", "_.._etc_passwd.png"),
        ("{name}", "con.jpg", "_con.png"),
        ("{name}", ".jpg", "jpg.png"),
        ("{name}", "???.jpg", "___.png"),
        ("{name}", "gpj\u202e.jpg", "gpj_.png"),
        ("...", "a.jpg", "photo.png"),
        ("{name}", "x" * 300 + ".jpg", "x" * 200 + ".png"),
        ("{name}", "\U0001f408" * 300 + ".jpg", "\U0001f408" * 50 + ".png"),
    ],
)
def test_names_are_made_by_the_pattern_and_safe_everywhere(pattern: str, name: str, expected: str) -> None:
    assert named(pattern, name) == [expected]


def test_no_two_names_are_one_to_any_system() -> None:
    assert named("{name}", "a.jpg", "A.png", "a (2).jpg", "a.webp", "\u00e9.jpg", "e\u0301.jpg") == [
        *("a.png", "A (2).png", "a (2) (2).png", "a (3).png"),
        *("\u00e9.png", "e\u0301 (2).png"),
    ]


def test_numbers_have_as_many_digits_as_the_last() -> None:
    names = named("{n}", *(f"{n}.jpg" for n in range(11)), kind="image/jpeg")
    assert (names[0], names[-1]) == ("01.jpg", "11.jpg")


def test_folders_are_kept() -> None:
    assert named("{name}", "a.jpg", folder="shop/new: old") == ["shop/new_ old/a.png"]
    assert named("{name}", "a.jpg", folder="../x") == ["photo/x/a.png"]


# A shelf in memory. `reload` gives what the next visit finds, with `missing` files lost.
ITEM = f"""
import {{
  canRetry, fileOf, isPlain, keptBytes, newItem, note, recall, recipeOf,
}} from "{(FOLDER / "item.js").as_uri()}";
import {{ opened }} from "{(FOLDER / "kept-file.js").as_uri()}";
import {{ Lean }} from "{(FOLDER / "lean.js").as_uri()}";
import {{ AlphacutError }} from "{(ROOT / "web" / "shared" / "protocol.js").as_uri()}";
const files = new Map(), records = new Map();
const shelf = {{
  note: async (key, record) => records.set(key, JSON.parse(JSON.stringify(record))),
  get: async (name, type) => (files.has(name) ? shelf.open(name, type) : null),
  open: async (name, type) => files.get(name).slice(0, files.get(name).size, type),
}};
const item = newItem(new Blob(["photo"], {{ type: "image/jpeg" }}), "a.jpg", "shop");
const cutout = new Lean({{ facts: {{ width: 3, height: 2, ms: {{ total: 5.4 }} }}, title: "Tiny" }});
const plain = {{ finish: {{}}, output: {{ format: "png" }} }};
const keep = (part, text, type) => {{
  item[part] = new Blob([text], {{ type }});
  files.set(`${{item.key}}.${{part}}`, item[part]);
}};
const reload = async (...missing) => {{
  await note(item);
  for (const part of missing) files.delete(`${{item.key}}.${{part}}`);
  return recall(shelf, records.get(item.key));
}};
item.shelf = shelf;
files.set(`${{item.key}}.photo`, item.photo);
const seen = (...values) => console.log(JSON.stringify(values));
"""
DONE = """
keep("master", "master", "image/png");
keep("result", "result", "image/webp");
Object.assign(item, { state: "done", cutout, ms: 7, made: recipeOf(item, plain) });
"""


def item(script: str) -> Any:
    """What a story about one photo logs."""
    return in_node(ITEM + script)


def test_a_photo_that_is_done_is_so_after_a_reload() -> None:
    assert item(f"""{DONE}
        item.edits = [
          {{ kind: "erase", points: [1, 2, 3], hardness: 1, opacity: 1 }},
          {{ kind: "patch", left: 0, top: 1, width: 1, height: 1, data: Uint8Array.of(0, 128, 255).buffer }},
        ];
        const again = await reload();
        const [erase, {{ data, ...patch }}] = again.edits;
        const file = fileOf(again);
        const text = await (await opened(file)).text();
        seen(again.state, text, file.type, again.made === item.made, again.cutout.whole(),
             erase, patch, [...new Uint8Array(data)], again.source);
    """) == [
        *("done", "result", "image/webp", True),
        {"facts": {"width": 3, "height": 2, "ms": {"total": 5}}, "title": "Tiny"},
        {"kind": "erase", "points": [1, 2, 3], "hardness": 1, "opacity": 1},
        {"kind": "patch", "left": 0, "top": 1, "width": 1, "height": 1},
        [0, 128, 255],
        None,
    ]


@pytest.mark.parametrize(
    ("missing", "state", "has_master"),
    [("result", "waiting", True), ("master", "waiting", False), ("photo", "done", True)],
)
def test_what_is_missing_after_a_reload_is_made_again(missing: str, state: str, has_master: bool) -> None:
    """And nothing takes the master for the file that was lost."""
    assert item(f"""{DONE}
        const again = await reload("{missing}");
        seen(again.state, again.master !== null, again.made === "");
    """) == [state, has_master, missing != "photo"]


def test_what_is_known_of_a_cutout_comes_back_whole_but_for_parts_of_milliseconds() -> None:
    """Also where two have their words in common, which are held once."""
    assert item("""
        const of = (width, subject, notes) => ({
          facts: { type: "image/png", width, subject, notes, ms: { decode: 1.4, total: 20.5 } },
          title: "U2 of 320",
        });
        const box = { left: 0, top: 1, right: 2, bottom: 3 };
        const all = [of(800, box, []), of(4000, box, []), of(1, null, ["empty-mask"])];
        const [first, second, third] = all.map((known) => new Lean(known));
        seen(first.whole(), second.whole().facts.width, third.whole().facts, first.notes, third.notes);
    """) == [
        {
            "facts": {
                **{"type": "image/png", "width": 800, "notes": [], "ms": {"decode": 1, "total": 21}},
                "subject": {"left": 0, "top": 1, "right": 2, "bottom": 3},
            },
            "title": "U2 of 320",
        },
        4000,
        {
            "type": "image/png",
            "width": 1,
            "subject": None,
            "notes": ["empty-mask"],
            "ms": {"decode": 1, "total": 21},
        },
        [],
        ["empty-mask"],
    ]


def test_a_photo_that_was_not_kept_in_time_says_so() -> None:
    assert item("""
        const again = await reload("photo");
        seen(again.state, again.error.code, canRetry(again));
    """) == ["failed", "unreadable-file", False]


def test_without_finish_the_master_is_the_file_after_a_reload_too() -> None:
    assert item(f"""{DONE}
        item.result = null; // the file of before is there still
        const again = await reload();
        seen(again.state, await (await opened(fileOf(again))).text());
    """) == ["done", "master"]


def test_a_photo_that_was_under_way_waits_after_a_reload() -> None:
    assert item("""
        item.state = "working";
        seen((await reload()).state);
    """) == ["waiting"]


def test_a_failure_is_remembered_with_its_reason() -> None:
    assert item("""
        item.state = "failed";
        item.error = new AlphacutError("truncated-image", "Cut short.", { hint: "Copy it again." });
        const again = await reload();
        seen(again.state, again.error instanceof AlphacutError, again.error.hint, canRetry(again));
    """) == ["failed", True, "Copy it again.", True]


def test_a_photo_that_was_removed_is_not_taken_down_any_more() -> None:
    assert item("""
        item.gone = true;
        await note(item);
        seen(records.size);
    """) == [0]


@pytest.mark.parametrize(
    ("finish", "output", "plain"),
    [
        ({}, {}, True),
        ({"background": None, "softness": 0}, {"format": "png"}, True),
        ({"background": {"kind": "colour", "colour": "#ffffff"}}, {"format": "png"}, False),
        ({"softness": 0.1}, {}, False),
        ({}, {"format": "webp"}, False),
        ({}, {"format": "png", "effort": "small"}, False),
    ],
)
def test_only_where_nothing_is_wished_for_is_the_master_the_file(
    finish: dict[str, Any], output: dict[str, Any], plain: bool
) -> None:
    assert item(f"seen(isPlain({json.dumps(finish)}, {json.dumps(output)}));") == [plain]


def test_what_is_kept_is_told_without_the_visitors_own_file() -> None:
    assert item(f"""{DONE}
        const own = keptBytes(item);
        item.photo = files.get(`${{item.key}}.photo`).slice();
        seen(own, keptBytes(item), keptBytes({{ ...item, shelf: null }}));
    """) == [12, 17, 0]
