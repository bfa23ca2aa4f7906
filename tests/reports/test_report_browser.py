"""The page in a real browser: it is laid out, fits a phone and prints."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from report_contents import content

from hounsfield.reports.page import page

pytestmark = pytest.mark.browser
WIDTHS = (320, 390, 1200)

MEASURE = """
<script>
addEventListener("load", () => {
  const wide = [...document.querySelectorAll("main *")]
    .filter(e => !e.closest(".scroll, svg") || e.matches(".scroll, svg"))
    .filter(e => e.getBoundingClientRect().right > innerWidth + 0.5)
    .map(e => e.tagName);
  const broken = [...document.images].filter(i => !i.naturalWidth).length;
  const line = document.documentElement.scrollWidth;
  parent.document.body.append(`[${innerWidth} needs ${line}, ${broken} broken, too wide: ${wide.join(" ") || "none"}]`);
});
</script>
"""


@pytest.fixture(scope="module")
def browser() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no Chromium is installed")
    return found


@pytest.fixture
def run(browser: str, tmp_path: Path):
    def run(*options: str) -> str:
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        flags += ["--hide-scrollbars", "--allow-file-access-from-files", f"--user-data-dir={tmp_path / 'profile'}"]
        command = [browser, *flags, *options]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    return run


def test_the_page_fits_its_window(run, tmp_path: Path) -> None:
    # in frames, because a headless window is never narrower than 500 pixels
    unlocked = re.sub(r"<meta http-equiv=[^>]*>", "", page(content())).replace("</head>", f"{MEASURE}</head>")
    (tmp_path / "inner.html").write_text(unlocked, encoding="utf-8")
    frames = [f'<iframe src="inner.html" style="width:{width}px;height:900px"></iframe>' for width in WIDTHS]
    style = "<style>iframe { border: 0 }</style>"
    (tmp_path / "outer.html").write_text(f"<!doctype html>{style}<body>{''.join(frames)}</body>", encoding="utf-8")
    dom = run("--dump-dom", (tmp_path / "outer.html").as_uri())
    for width in WIDTHS:
        assert f"[{width} needs {width}, 0 broken, too wide: none]" in dom, dom


def test_the_browser_shows_all_sections_and_fetches_nothing(run, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page(content()), encoding="utf-8")
    dom = run("--dump-dom", path.as_uri())
    for section in ("result", "cases", "training", "plan", "data", "how"):
        assert f'id="{section}"' in dom
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", dom)


def test_the_page_prints(run, tmp_path: Path) -> None:
    path, paper = tmp_path / "report.html", tmp_path / "paper.pdf"
    path.write_text(page(content()), encoding="utf-8")
    run(f"--print-to-pdf={paper}", path.as_uri())
    assert paper.read_bytes().startswith(b"%PDF")
    assert paper.stat().st_size > 20_000
