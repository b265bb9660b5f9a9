"""What the config of alphacut.js means, in Node.js: names of IMG.LY's package and ours, addresses, errors."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.test_photo_blob_js import in_node

SETTLE = """
  globalThis.location = { href: "https://host.example/app/page.html", origin: "https://host.example" };
  const { settle } = await load("api/config.js"), { workerAddress } = await load("api/workers.js");
  const script = "https://host.example/lib/alphacut.js";
"""


def settled(config: str = "{}", script: str = "script") -> Any:
    """Return the config with its defaults, and the worker's address; or the error."""
    return in_node(f"""
      {SETTLE}
      try {{
        const made = settle({config}, {script});
        return {{ ...made, address: workerAddress(made), aborted: made.signal.aborted }};
      }} catch ({{ code, message, hint }}) {{
        return {{ code, message, hint }};
      }}
    """)


def test_without_wishes_the_site_lies_beside_the_script() -> None:
    made = settled()
    assert made["root"] == "https://host.example/lib/"
    assert made["address"] == "https://host.example/lib/worker.js"
    assert (made["model"], made["device"], made["debug"]) == (None, "auto", False)
    assert made["output"] == {"type": "foreground", "file": {"format": "png"}}


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("'/assets'", "https://host.example/assets/"),
        ("'assets/alphacut/'", "https://host.example/app/assets/alphacut/"),
        ("new URL('https://host.example/a/b?c#d')", "https://host.example/a/b/"),
    ],
)
def test_the_public_path_is_a_folder(path: str, root: str) -> None:
    assert settled(f"{{ publicPath: {path} }}")["root"] == root


def test_the_models_of_the_other_package_are_one_and_the_same() -> None:
    names = ["isnet", "isnet_fp16", "isnet_quint8", "large", "medium", "small", "u2netp", "my own"]
    made = in_node(SETTLE + "return given.map((model) => settle({ model }, script).model);", names)
    assert made == [*["isnet"] * 6, "u2netp", "my own"]


def test_devices_have_two_names() -> None:
    names = ["auto", "gpu", "cpu", "webgpu", "wasm"]
    made = in_node(SETTLE + "return given.map((device) => settle({ device }, script).device);", names)
    assert made == ["auto", "auto", "wasm", "webgpu", "wasm"]


@pytest.mark.parametrize(
    ("output", "file"),
    [
        ({"format": "image/png", "quality": 0.5}, {"format": "png"}),
        ({"format": "image/jpeg"}, {"format": "jpeg", "quality": 80}),
        ({"format": "image/jpeg", "quality": 0}, {"format": "jpeg", "quality": 1}),
        ({"format": "image/webp", "quality": 1}, {"format": "webp", "quality": 100}),
        ({"format": "webp", "lossless": True}, {"format": "webp", "lossless": True}),
        ({"format": "image/x-rgba8", "quality": 0.1}, {"format": "rgba8"}),
        ({"format": "image/x-alpha8"}, {"format": "alpha8"}),
        ({"format": "mask-png"}, {"format": "mask-png"}),
        (
            {"format": "jpeg", "background": "#ff0000"},
            {"format": "jpeg", "background": "#ff0000", "quality": 80},
        ),
        ({"depth": 16, "metadata": "keep"}, {"format": "png", "depth": 16, "metadata": "keep"}),
    ],
    ids=str,
)
def test_quality_is_for_what_loses(output: dict[str, Any], file: dict[str, Any]) -> None:
    assert in_node(SETTLE + "return settle({ output: given }, script).output.file;", output) == file


FORMATS = ["image/png", "image/jpeg", "image/webp", "image/x-rgba8", "image/x-alpha8", "mask-png"]


@pytest.mark.parametrize(
    "wish",
    [{"background": "#ff0000"}, {"metadata": "keep"}, {"depth": 16}],
    ids=lambda wish: next(iter(wish)),
)
def test_what_has_no_part_in_a_mask_is_refused_whatever_its_format(wish: dict[str, Any]) -> None:
    script = """
      const { cut } = await load("api/calls.js");
      return Promise.all(given.map((output) => (
        cut(new Blob(["a photo"]), { output }, script, "mask")
          .then(() => null, ({ code, message }) => [code, message])
      )));
    """
    refused = in_node(SETTLE + script, [{"format": name, **wish} for name in FORMATS])
    assert [code for code, _ in refused] == ["bad-options"] * len(FORMATS)
    assert len({message for _, message in refused}) == 1
    assert "a mask" in refused[0][1]


@pytest.mark.parametrize(
    "config",
    [
        "{ device: 'tpu' }",
        "{ device: 'constructor' }",
        "{ model: 5 }",
        "{ rescale: false }",
        "{ publicPath: 'http://[' }",
        "{ output: { format: 'image/gif' } }",
        "{ output: { format: 'toString' } }",
        "{ output: { quality: 80 } }",
        "{ output: { quality: NaN } }",
        "{ output: { quality: '1' } }",
        "{ output: { type: 'subject' } }",
    ],
)
def test_nonsense_is_refused_with_a_hint(config: str) -> None:
    error = settled(config)
    assert error["code"] == "bad-options"
    assert error["hint"]


def test_a_worker_of_another_origin_needs_a_file_of_the_pages_own() -> None:
    far = "publicPath: 'https://cdn.example/alphacut'"
    error = settled(f"{{ {far} }}")
    assert error["code"] == "bad-options"
    assert 'import "https://cdn.example/alphacut/worker.js";' in error["hint"]
    assert settled(f"{{ {far}, workerUrl: 'https://third.example/w.js' }}")["code"] == "bad-options"
    assert settled(f"{{ {far}, workerUrl: '/w.js' }}")["address"] == "https://host.example/w.js"
    near = settled("{ workerUrl: '/w.js' }")
    assert near["address"] == "https://host.example/lib/worker.js", "it is not needed, and not used"


def test_what_is_taken_and_ignored_changes_nothing() -> None:
    assert settled("{ proxyToWorker: true, rescale: true }") == settled()


def test_disposal_and_the_callers_signal_end_a_call() -> None:
    script = """
      const { dismissAll } = await load("api/workers.js"), own = new AbortController();
      const [one, other] = [settle({ signal: own.signal }, script).signal, settle({}, script).signal];
      own.abort("mine");
      const first = [one.aborted, one.reason, other.aborted];
      dismissAll();
      return [first, other.aborted, other.reason.name, settle({}, script).signal.aborted];
    """
    assert in_node(SETTLE + script) == [[True, "mine", False], True, "AbortError", False]


SITE = """
  globalThis.location = { href: "https://host.example/", origin: "https://host.example" };
  const { findModel } = await load("api/site.js"), { settle } = await load("api/config.js");
  let asked = 0;
  const model = (id, notice, usual) => (
    { id, title: id, default: usual, licence: { notice, name: "a licence" } }
  );
  const models = [model("usual", "", true), model("isnet", "Mind this.", false)];
  const sent = [];
  globalThis.fetch = async (url, options) => {
    sent.push({ url: String(url), ...options });
    return asked++, answers.shift()?.() ?? Response.json({ models });
  };
  Object.defineProperty(globalThis, "navigator", { value: { onLine: true } });
  const find = async (config) => {
    try {
      return (await findModel(settle(config, "https://host.example/x.js"))).id;
    } catch ({ code, hint }) {
      return [code, hint];
    }
  };
"""


def test_the_site_says_which_models_there_are_and_is_asked_once() -> None:
    script = """
      const found = [await find({}), await find({ model: "small" }), await find({ model: "none" })];
      return [found, asked];
    """
    ((usual, isnet, none), asked) = in_node("const answers = [];" + SITE + script)
    assert (usual, isnet, asked) == ("usual", "isnet", 1)
    assert none[0] == "unknown-model"
    assert "usual, isnet" in none[1]


def test_what_is_meant_for_a_photos_server_goes_to_no_other() -> None:
    script = """
      const fetchArgs = { headers: { Authorization: "Bearer secret" }, credentials: "include" };
      const found = await find({ fetchArgs });
      await toBlob("photo.png", { fetchArgs });
      return [found, sent];
    """
    found, (site, photo) = in_node("const answers = [];" + SITE + script)
    assert found == "usual"
    assert site == {"url": "https://host.example/site.json", "signal": None}
    assert photo["credentials"] == "include"
    assert photo["headers"] == {"Authorization": "Bearer secret"}


@pytest.mark.parametrize(
    "answer",
    [
        "new Response('', { status: 404 })",
        "new Response('<html>')",
        "Response.json({})",
        "Response.json(null)",
    ],
)
def test_a_site_that_is_not_there_is_explained_and_asked_again(answer: str) -> None:
    script = "return [await find({}), await find({})];"
    (failed, later) = in_node(f"const answers = [() => {answer}];" + SITE + script)
    assert failed[0] == "download-failed"
    assert "publicPath" in failed[1]
    assert later == "usual"


def test_a_licences_notice_is_told_once_and_only_when_the_model_is_used() -> None:
    script = """
      const said = [];
      console.info = (...words) => said.push(words.join(" "));
      await find({});
      const before = said.length;
      for (let call = 0; call < 3; call++) await find({ model: "medium" });
      return [before, said];
    """
    before, said = in_node("const answers = [];" + SITE + script)
    assert before == 0
    assert len(said) == 1
    assert "Mind this." in said[0]
