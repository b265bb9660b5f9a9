"""What the editor keeps of its photo, and what of earlier visits: in Node.js, on files in memory."""

from __future__ import annotations

from typing import Any

from tests.helpers import ROOT
from tests.unit.test_batch import told

PAGE = ROOT / "web" / "page"

# `visit` is a page that is opened when those before are gone; `work` opens a photo in it, with a stroke or
# without.
STAGE = f"""
globalThis.document = Object.assign(new EventTarget(), {{ hidden: false, baseURI: "http://localhost/" }});
import {{ Folder, leave, listed }} from "{(ROOT / "tests" / "unit" / "opfs.js").as_uri()}";
const {{ Kept }} = await import("{(PAGE / "editor" / "kept.js").as_uri()}");
const {{ PHOTO, Shelf }} = await import("{(PAGE / "shelf.js").as_uri()}");
const {{ photoFromBlob }} = await import("{(PAGE / "photo.js").as_uri()}");
const settled = async () => {{
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => {{ setTimeout(resolve); }});
}};
const state = (edits) => ({{ master: {{ region: null }}, edits, finish: {{}}, picture: null }});
const stroke = {{ kind: "erase", points: [1, 2, 3], hardness: 1, opacity: 1 }};
const visit = () => {{ leave(); return new Kept(); }};
const work = async (kept, name, edits = [stroke]) => {{
  const blob = new Blob([name]), photo = photoFromBlob(blob, name), made = state(edits);
  kept.open(photo, blob, made);
  await settled();
  return made;
}};
const names = async (kept) => (await kept.left()).map(({{ record }}) => record.name);
const files = async () => {{
  const found = Object.entries(await listed()).filter(([name]) => name.endsWith(".file"));
  return found.map(([, text]) => text).sort();
}};
const seen = (...values) => console.log(JSON.stringify(values));
"""


def story(script: str) -> Any:
    """What a story about visits logs."""
    return told(STAGE + script)


def test_another_photo_leaves_the_work_of_the_visit_before() -> None:
    assert story("""
        await work(visit(), "a");
        const second = visit();
        await work(second, "b"); // the offer was not even read
        const still = await names(second), third = visit();
        seen(still, await names(third));
    """) == [["a"], ["a", "b"]]


def test_another_photo_takes_the_place_of_this_pages_own() -> None:
    assert story("""
        const kept = visit();
        await work(kept, "a");
        await work(kept, "b");
        seen(await files(), await names(visit()));
    """) == [["b"], ["b"]]


def test_older_ones_stay_while_work_would_be_lost_and_no_more_than_three() -> None:
    assert story("""
        const leaves = async (...photos) => {
          for (const [name, edits] of photos) await work(visit(), name, edits);
        };
        await leaves(["old"], ["plain", []], ["a"], ["b"], ["c"]);
        const worked = await names(visit()), inFiles = await files();
        await leaves(["untouched", []]);
        const untouched = await names(visit()), kept = visit();
        kept.saved(await work(kept, "saved"));
        await settled();
        const saved = await names(visit());
        await leaves(["last"]);
        seen(worked, inFiles, untouched, saved, await names(visit()));
    """) == [
        ["a", "b", "c"],
        ["a", "b", "c"],
        ["a", "b", "c", "untouched"],
        ["a", "b", "c", "saved"],
        ["b", "c", "last"],
    ]


def test_what_was_saved_and_then_changed_is_work_again() -> None:
    assert story("""
        const kept = visit();
        kept.saved(await work(kept, "a"));
        kept.change(state([stroke, stroke]));
        await new Promise((resolve) => { setTimeout(resolve, 300); });
        await settled();
        await work(visit(), "b");
        seen(await names(visit()));
    """) == [["a", "b"]]


def test_a_left_photo_moves_once_it_is_in_the_editor_and_not_before() -> None:
    assert story("""
        await work(visit(), "a");
        const kept = visit();
        await work(kept, "b");
        const [rest] = await kept.left();
        const photos = await Promise.all([kept.resume(rest), kept.resume(rest)]); // a double click
        const asked = await names(kept), [photo] = photos;
        kept.change(state([])); // the reader went on with b
        await new Promise((resolve) => { setTimeout(resolve, 300); });
        const both = await files();
        kept.open(photo, await photo.load(), state(photo.edited.edits));
        await settled();
        seen(asked, both, photo.edited.edits.length, await names(kept), await files(), await names(visit()));
    """) == [["a"], ["a", "b"], 1, [], ["a"], ["a"]]


def test_discarding_twice_deletes_one() -> None:
    assert story("""
        await work(visit(), "a");
        await work(visit(), "b");
        const kept = visit(), newest = (await kept.left()).at(-1);
        await Promise.all([kept.discard(newest), kept.discard(newest)]);
        seen(await names(kept), await files());
    """) == [["a"], ["a"]]


def test_what_can_not_be_read_now_is_not_deleted() -> None:
    assert story("""
        await work(visit(), "a");
        await work(visit(), "b");
        const whole = Folder.prototype.getFileHandle, offered = [];
        for (const part of ["photo.json", "photo.file"]) {
          Folder.prototype.getFileHandle = async function (name, options) {
            const file = name === part && this.entries.get("photo.file").bytes;
            const isNewest = file && new TextDecoder().decode(file) === "b";
            if (isNewest) throw new DOMException("Busy.", "NotReadableError");
            return whole.call(this, name, options);
          };
          offered.push(await names(visit()));
        }
        Folder.prototype.getFileHandle = whole;
        seen(offered, await names(visit()), await files());
    """) == [[["a"], ["a", "b"]], ["a", "b"], ["a", "b"]]


def test_a_folder_that_can_not_be_opened_hides_no_other() -> None:
    assert story("""
        await work(visit(), "a");
        await work(visit(), "b");
        leave();
        const whole = Folder.prototype.getDirectoryHandle;
        let isFirst = true;
        Folder.prototype.getDirectoryHandle = async function (name, options) {
          if (name === PHOTO || !isFirst) return whole.call(this, name, options);
          isFirst = false;
          throw new DOMException("Busy.", "InvalidStateError");
        };
        const opened = await Shelf.left(PHOTO), held = await Shelf.left(PHOTO); // the other is free still
        seen(opened.length, held.length, await files());
    """) == [1, 1, ["a", "b"]]


def test_what_was_never_whole_is_deleted() -> None:
    assert story("""
        const shelf = await Shelf.open(PHOTO);
        await shelf.put("photo.file", "half");
        seen(await names(visit()), await files());
    """) == [[], []]


def test_all_that_is_kept_is_cleared() -> None:
    assert story("""
        await work(visit(), "a");
        const kept = visit();
        await work(kept, "b");
        await kept.clear();
        seen(await files(), await names(kept));
    """) == [[], []]
