"""The report in a real browser, wide and on a phone."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from test_reports_page import content

from hounsfield.reports.page import page

pytestmark = pytest.mark.browser
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars")  # fmt: skip


def browser(tmp_path: Path, *words: str) -> str:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "make test-browser needs chromium"
    command = [chromium, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def written(tmp_path: Path, probe: str = "") -> str:
    file = tmp_path / "report.html"
    file.write_text(page(content()).replace("</body>", probe + "</body>"), encoding="utf-8")
    return file.as_uri()


def test_renders_every_section(tmp_path: Path) -> None:
    dom = browser(tmp_path, "--dump-dom", written(tmp_path))
    for section in ("result", "cases", "training", "plan", "data", "how"):
        assert f'<section id="{section}"' in dom
    assert "<polyline" in dom


PROBE = """<script>
const frame = document.createElement("iframe");
frame.style = "width:390px;height:800px;border:0";
frame.srcdoc = document.documentElement.outerHTML.replace(/<script>[^]*<\\/script>/, "");
frame.onload = () => {
  const page = frame.contentDocument;
  const broken = [...page.images].filter(i => !(i.complete && i.naturalWidth)).length;
  document.title = `width ${page.documentElement.scrollWidth} broken ${broken}`;
};
document.body.replaceChildren(frame);
</script>"""


def test_fits_a_phone_and_all_pictures_load(tmp_path: Path) -> None:
    dom = browser(tmp_path, "--virtual-time-budget=5000", "--dump-dom", written(tmp_path, PROBE))
    width, broken = map(int, re.search(r"<title>width (\d+) broken (\d+)", dom).groups())
    assert width <= 390
    assert broken == 0


def test_prints(tmp_path: Path) -> None:
    browser(tmp_path, f"--print-to-pdf={tmp_path / 'report.pdf'}", written(tmp_path))
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
