"""What a batch keeps of its photos, and what of it holds after a reload: in Node.js, on files in memory."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers import ROOT
from tests.unit.test_batch import in_node, told

FOLDER = ROOT / "web" / "page" / "batch"

# Masters are named by the run of the network, files by what they were made from. `visit` is a page that is
# opened and goes on with what the one before has left; `settled` waits until nothing is done any more.
STAGE = f"""
import {{ Folder, disk, leave, listed }} from "{(ROOT / "tests" / "unit" / "opfs.js").as_uri()}";
import {{ Batch }} from "{(FOLDER / "batch-model.js").as_uri()}";
import {{ bareRecord, fileOf, isAtRisk, madeOf, photoOf, recall }} from "{(FOLDER / "item.js").as_uri()}";
import {{ opened }} from "{(FOLDER / "kept-file.js").as_uri()}";
import {{ BATCHES, Shelf }} from "{(ROOT / "web" / "page" / "shelf.js").as_uri()}";
const bytes = (text) => new TextEncoder().encode(text).buffer;
let runs = 0;
const client = {{
  remove: async () => ({{
    data: bytes(`cut-${{(runs += 1)}}`), thumbnail: null, preview: null,
    type: "image/png", width: 2, height: 2, ms: {{ total: 1 }},
  }}),
  export: async ({{ master, edits, finish, output }}) => ({{
    data: bytes([await master.text(), edits.length, finish.name, output.format].join(" ")),
    type: `image/${{output.format}}`, ms: {{ total: 1 }},
  }}),
}};
const settle = async () => ({{ model: {{ id: "tiny", title: "Tiny" }}, device: "wasm" }});
const app = {{ client, settings: async () => ({{ settle }}) }};
const recipe = (name, format) => ({{ finish: {{ name }}, output: {{ format }} }});
const plain = {{ finish: {{}}, output: {{ format: "png" }} }}, white = recipe("white", "jpeg");
const watcher = {{ onAdd() {{}}, onChange() {{}}, onRemove() {{}}, onKept() {{}} }};
const settled = async () => {{
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => {{ setTimeout(resolve); }});
}};
const visit = async (wish) => {{
  leave();
  const batch = new Batch(app, wish, watcher);
  for (const shelf of await Shelf.left(BATCHES)) await batch.goOn(shelf, await shelf.records());
  await settled();
  return batch;
}};
const begin = async (wish) => {{
  const batch = new Batch(app, wish, watcher);
  await batch.add([{{ name: "a.jpg", load: async () => new Blob(["photo"]), release() {{}} }}]);
  await settled();
  return batch;
}};
const set = async (batch, wish) => {{
  batch.setRecipe(wish);
  await settled();
}};
const save = (batch) => batch.saved(batch.items.map((item) => ({{ item, made: item.made }})));
const stroke = {{ kind: "erase", points: [1, 2, 3], hardness: 1, opacity: 1 }};
const edited = ({{ master }}, more) => ({{
  master, edits: [stroke], finish: {{ name: "own" }}, picture: null, ...more,
}});
const isKept = async (part) => Object.keys(await listed()).some((name) => name.endsWith(part));
const read = async (content) => (await opened(content)).text();
const text = async (batch) => Promise.all(batch.items.map((item) => read(fileOf(item))));
const seen = (...values) => console.log(JSON.stringify(values));
"""


def story(script: str) -> Any:
    """What a story about a batch and its shelf logs."""
    return told(STAGE + script)


def test_a_plain_cutout_leaves_no_file_of_the_finish_before() -> None:
    assert story("""
        const batch = await begin(white);
        await set(batch, plain);
        const gone = !(await isKept(".result"));
        const again = await visit(plain);
        seen(gone, await text(again), fileOf(again.items[0]).type, runs);
    """) == [True, ["cut-1"], "image/png", 1]


@pytest.mark.parametrize("after", ["wide", "plain"])
def test_who_saves_a_file_never_gets_what_was_made_in_its_place(after: str) -> None:
    """It would be of another type under the old name: a ZIP is written while photos are made again."""
    assert story(f"""
        const batch = await begin(white), old = fileOf(batch.items[0]), wide = recipe("wide", "webp");
        await set(batch, {after});
        const found = await opened(old).then((file) => file.text(), ({{ name }}) => name);
        seen(found, await opened(fileOf(batch.items[0])).then((file) => file.type));
    """) == ["NotReadableError", {"wide": "image/webp", "plain": "image/png"}[after]]


def test_a_file_that_found_no_room_is_made_again_and_the_old_one_is_gone() -> None:
    assert story("""
        const batch = await begin(white);
        disk.quota = 0;
        const wide = recipe("wider than before", "webp");
        await set(batch, wide);
        disk.quota = Infinity;
        const unsaved = await text(batch), unkept = batch.unkept, gone = !(await isKept(".result"));
        await set(batch, wide);
        batch.items[0].state = "done";
        seen(unsaved, unkept, gone, await text(await visit(wide)));
    """) == [["cut-1 0 wider than before webp"], "full", True, ["cut-1 0 wider than before webp"]]


def test_a_master_that_found_no_room_leaves_no_old_one_for_the_new_edits() -> None:
    assert story("""
        const batch = await begin(white), [item] = batch.items;
        disk.quota = 0;
        const editing = batch.edit(item, edited(item, { master: new Blob(["subject"]) }), true);
        await settled();
        disk.quota = Infinity;
        await editing;
        const gone = !(await isKept(".master"));
        batch.catchUp();
        await settled();
        seen(gone, await text(batch), (await visit(white)).items.length, runs);
    """) == [True, ["subject 1 own jpeg"], 1, 2]


def test_an_edit_of_a_photo_that_was_saved_outlives_a_reload() -> None:
    assert story("""
        const batch = await begin(white), [item] = batch.items;
        await save(batch);
        const released = !(await isKept(".photo"));
        await batch.edit(item, edited(item), false);
        await settled();
        seen(released, await text(await visit(white)));
    """) == [True, ["cut-1 1 own jpeg"]]


def test_where_the_original_finds_no_room_again_the_photo_is_worked_on_in_memory() -> None:
    """The master can be read still, and no record promises what is not kept."""
    assert story("""
        const batch = await begin(white), [item] = batch.items;
        await save(batch);
        disk.quota = 0;
        await batch.edit(item, edited(item), false);
        await settled();
        batch.catchUp();
        await settled();
        const { state, shelf, saved } = item, kept = [await isKept(".json"), await isKept(".photo")];
        seen(await text(batch), state, shelf, saved, ...kept);
    """) == [["cut-1 1 own jpeg"], "done", None, False, False, False]


def test_what_the_editor_changed_is_at_risk_until_it_finds_room() -> None:
    """The original did before; then the page asks before it is left, as long as need be."""
    assert story("""
        const batch = await begin(white), [item] = batch.items, found = [isAtRisk(item)];
        const change = async (quota, more) => {
          disk.quota = quota;
          await batch.edit(item, edited(item, more), false);
          await settled();
          found.push([...item.unwritten], isAtRisk(item));
        };
        await change(0, { picture: new Blob(["wall"]) });
        disk.quota = Infinity;
        await batch.edit(item, edited(item), false);
        await settled();
        found.push(isAtRisk(item)); // the picture is not wanted any more
        await change(Infinity, { picture: new Blob(["sky"]) });
        seen(found);
    """) == [[False, ["picture", "record"], True, False, [], False]]


def test_only_what_is_wanted_still_counts_as_saved() -> None:
    """Finish or edits may change while a ZIP is written."""
    assert story("""
        const batch = await begin(white), [item] = batch.items;
        const written = [{ item, made: item.made }];
        await set(batch, recipe("red", "jpeg"));
        await batch.saved(written);
        const afterFinish = item.saved;
        await batch.edit(item, edited(item), false);
        await save(batch); // the file is that of before the edit
        const afterEdit = item.saved;
        batch.catchUp();
        await settled();
        await save(batch);
        seen(afterFinish, afterEdit, item.saved);
    """) == [False, False, True]


def test_the_editor_can_undo_to_a_master_that_was_written_over() -> None:
    assert story("""
        const batch = await begin(white), [item] = batch.items;
        await batch.edit(item, edited(item, { picture: new Blob(["old"]) }), false);
        const [again] = (await visit(white)).items;
        const { edited: { master, picture }, cutout } = await madeOf(again, white);
        for (const part of ["master", "picture"]) await again.shelf.put(`${again.key}.${part}`, "new");
        seen(await master.text(), await picture.text(), master.type, cutout.width);
    """) == ["cut-1", "old", "image/png", 2]


def test_the_editor_has_the_photo_whatever_becomes_of_the_batch() -> None:
    """The original is dropped when its file is saved, and all of it when the batch goes on no longer."""
    assert story("""
        const batch = await begin(white), kept = batch.items[0].photo, photo = await photoOf(batch.items[0]);
        await save(batch);
        await begin(white);
        leave();
        const next = await visit(white), before = await photoOf(next.items[0]);
        await next.clear();
        seen(await read(kept).catch(() => "gone"), await photo.text(), await before.text());
    """) == ["gone", "photo", "photo"]


def test_a_photo_that_browsers_can_t_show_comes_to_the_editor_with_a_likeness() -> None:
    """After a reload too."""
    assert story("""
        const cutOut = client.remove;
        client.remove = async () => ({ ...await cutOut(), preview: bytes("likeness") });
        await begin(white);
        const [item] = (await visit(white)).items, { cutout, edited: { master } } = await madeOf(item, white);
        seen(new TextDecoder().decode(cutout.preview), await master.text(), item.likeness.type);
    """) == ["likeness", "cut-1", "image/jpeg"]


def test_a_finish_for_all_holds_after_a_reload_for_one_that_had_its_own() -> None:
    assert story("""
        const batch = await begin(white), [item] = batch.items;
        await batch.edit(item, edited(item, { edits: [] }), false);
        batch.catchUp();
        await settled();
        batch.pause();
        const red = recipe("red", "jpeg");
        await set(batch, red);
        seen(item.state, await text(await visit(red)));
    """) == ["waiting", ["cut-1 0 red jpeg"]]


def test_each_zip_is_a_file_of_its_own_that_counts_and_goes_with_the_save_after_the_next() -> None:
    """Until then a slow download may still read it."""
    assert story("""
        const batch = await begin(white), before = batch.keptBytes;
        const zip = (text) => batch.keepZip(new Blob([text]).stream());
        const left = () => listed().then((all) => Object.keys(all).filter((name) => name.includes("/zip.")));
        const first = await zip("first");
        await batch.dropZips();
        await new Promise((resolve) => { setTimeout(resolve, 5); });
        const second = await zip("second"), both = [await first.text(), await second.text()];
        const counted = [batch.keptBytes - before];
        for (let save = 0; save < 2; save += 1) {
          await batch.dropZips();
          counted.push((await left()).length, batch.keptBytes - before);
        }
        seen(both, counted);
    """) == [["first", "second"], [11, 1, 6, 0, 0]]


def test_a_zip_without_room_leaves_nothing() -> None:
    assert story("""
        const batch = await begin(white), before = batch.keptBytes, files = Object.keys(await listed());
        disk.quota = 0;
        const zip = await batch.keepZip(new Blob(["zip"]).stream());
        seen(zip, batch.keptBytes - before, Object.keys(await listed()).length - files.length);
    """) == [None, 0, 0]


def test_the_zip_of_an_earlier_visit_goes_when_its_batch_goes_on() -> None:
    assert story("""
        const batch = await begin(white);
        await batch.keepZip(new Blob(["zip"]).stream());
        await visit(white);
        seen(Object.keys(await listed()).filter((name) => name.includes("/zip.")));
    """) == [[]]


def test_a_photo_that_is_removed_while_it_is_written_leaves_nothing() -> None:
    assert story("""
        const batch = await begin(white), [item] = batch.items;
        let write;
        disk.ready = new Promise((resolve) => { write = resolve; });
        batch.setRecipe(recipe("red", "jpeg"));
        await settled(); // its file is open now
        batch.remove(item);
        await settled();
        write();
        await settled();
        seen(Object.keys(await listed()));
    """) == [[]]


def test_what_comes_of_a_photo_after_it_was_removed_is_not_kept() -> None:
    assert story("""
        const cutOut = client.remove;
        let answer;
        client.remove = async () => {
          await new Promise((resolve) => { answer = resolve; });
          return cutOut();
        };
        const batch = await begin(white);
        batch.remove(batch.items[0]);
        await settled();
        answer();
        await settled();
        seen(runs, Object.keys(await listed()));
    """) == [1, []]


def test_a_file_that_is_not_there_yet_is_forgotten_too() -> None:
    assert story("""
        const shelf = await Shelf.open(BATCHES);
        let open;
        disk.open = new Promise((resolve) => { open = resolve; });
        const writing = shelf.put("a.master", "master"), forgetting = shelf.forget("a");
        await settled();
        open();
        await Promise.all([writing, forgetting]);
        seen(Object.keys(await listed()));
    """) == [[]]


def test_a_photo_whose_record_is_lost_is_found() -> None:
    """What is empty was never whole."""
    assert story("""
        await begin(white);
        leave();
        const [shelf] = await Shelf.left(BATCHES), [{ key }] = await shelf.records();
        await shelf.put("half.photo", "");
        const none = await shelf.strays(await shelf.records());
        await shelf.put(`${key}.json`, "{");
        const records = await shelf.records(), strays = await shelf.strays(records);
        const { name, state, photo } = await recall(shelf, bareRecord(strays[0]));
        seen(none, records, strays.length, name, state, await read(photo));
    """) == [[], [], 1, "photo", "waiting", "photo"]


# The module that joins files into a ZIP comes with the build.
INTO = f"""
import {{ register }} from "node:module";
import {{ Folder, disk, listed }} from "{(ROOT / "tests" / "unit" / "opfs.js").as_uri()}";
register("data:text/javascript," + encodeURIComponent(`
  const url = "data:text/javascript,export function makeZip() {{}}";
  export const resolve = (name, context, next) =>
    name.endsWith("/client-zip.js") ? {{ url, shortCircuit: true }} : next(name, context);
`));
const {{ saveInto }} = await import("{(FOLDER / "save.js").as_uri()}");
const folder = new Folder(), stop = new AbortController();
const files = ["a", "b", "c"].map((name) => ({{ path: `${{name}}.png`, file: new Blob([name]) }}));
const streaming = (pull) => ({{ open: async () => ({{ stream: () => new ReadableStream({{ pull }}) }}) }});
const seen = async (result) => {{
  const failed = result.failed.map(({{ path }}) => path), saved = result.saved.map(({{ path }}) => path);
  console.log(JSON.stringify([saved, failed, Object.keys(await listed(folder))]));
}};
"""


def test_what_was_in_the_folder_when_it_was_stopped_is_saved() -> None:
    assert in_node(f"""{INTO}
        const onProgress = (done) => done === 2 && stop.abort();
        await seen(await saveInto(files, folder, {{ signal: stop.signal, onProgress }}));
    """) == [["a.png", "b.png"], [], ["a.png", "b.png"]]


def test_a_file_that_is_under_way_when_it_is_stopped_leaves_nothing() -> None:
    assert in_node(f"""{INTO}
        const pull = () => (stop.abort(), new Promise(() => {{}}));
        files[1].file = streaming(pull);
        await seen(await saveInto(files, folder, {{ signal: stop.signal, onProgress() {{}} }}));
    """) == [["a.png"], [], ["a.png"]]


def test_a_file_that_fails_leaves_nothing_and_the_others_are_saved() -> None:
    assert in_node(f"""{INTO}
        files[1].file = streaming(() => {{ throw new Error("Gone."); }});
        await seen(await saveInto(files, folder, {{ signal: stop.signal, onProgress() {{}} }}));
    """) == [["a.png", "c.png"], ["b.png"], ["a.png", "c.png"]]


def test_what_was_deleted_under_the_page_is_made_again_from_the_file_itself() -> None:
    """As where site data is cleared; only what can't be read is made again."""
    assert story("""
        const batch = await begin(white), [item] = batch.items;
        const isBegun = await batch.renew(batch.items);
        await settled();
        const before = runs;
        const place = await (await navigator.storage.getDirectory()).getDirectoryHandle(BATCHES);
        for await (const id of place.keys()) {
          const folder = await place.getDirectoryHandle(id);
          for await (const name of folder.keys()) await folder.removeEntry(name);
        }
        const isBegunThen = await batch.renew(batch.items);
        await settled();
        seen(isBegun, isBegunThen, before, runs, item.state, await text(batch), isAtRisk(item));
    """) == [False, True, 1, 2, "done", ["cut-2 0 white jpeg"], True]
