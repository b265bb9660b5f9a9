"""A site that breaks every promise, in its page and in both workers, to see that each breach is noticed."""

from __future__ import annotations

from pathlib import Path

_PAGE = """<!doctype html><title>Bad</title><link rel=preconnect href=http://localhost:9>
<a ping=/pinged href=/>x</a><form method=post action=/posted></form>
<script>
  const name = new URLSearchParams(location.search).get("name"), far = "http://localhost:9";
  document.cookie = "seen=1";
  navigator.sendBeacon("/beacon", "a photo");
  fetch(`/upload?${name}`, { method: "POST", body: "a photo", keepalive: true });
  fetch(far).catch(() => {});
  for (const Carrier of [WebSocket, EventSource]) { try { new Carrier(`${far}/carried`.replace(
    "http", Carrier === WebSocket ? "ws" : "http")); } catch {} }
  new RTCPeerConnection({ iceServers: [{ urls: "stun:localhost:9" }] });
  new Image().src = `/pixel.png?data=${"A".repeat(400)}`;
  new Worker("worker/bad.js");
  navigator.serviceWorker.register("sw.js");
</script>
"""
_WORKER = """
  new WebSocket("ws://localhost:9/worker");
  new EventSource("http://localhost:9/worker");
  fetch("/worker", { method: "POST", body: "a photo", keepalive: true });
"""
_SERVICE_WORKER = """
  new WebSocket("ws://localhost:9/service-worker");
  fetch("/service-worker", { method: "POST", body: "a photo", keepalive: true });
"""

CARRIED = (
    "beacon /beacon", "keepalive /upload", "WebSocket ws://localhost:9/carried",
    "EventSource http://localhost:9/carried", "RTCPeerConnection stun:", "link preconnect", "ping ", "form ",
    "cookie seen=1", "WebSocket ws://localhost:9/worker", "EventSource http://localhost:9/worker",
    "keepalive /worker", "WebSocket ws://localhost:9/service-worker", "keepalive /service-worker",
)  # fmt: skip
"""How each of what carries words away beside plain requests is told of, at its beginning."""


def write(folder: Path) -> None:
    """Write the site."""
    (folder / "worker").mkdir()
    (folder / "index.html").write_text(_PAGE, "utf-8")
    (folder / "worker" / "bad.js").write_text(_WORKER, "utf-8")
    (folder / "sw.js").write_text(_SERVICE_WORKER, "utf-8")
