"""The page in a real browser: it is laid out, fits a phone and prints."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from report_contents import content

from hounsfield.reports.page import page

pytestmark = pytest.mark.browser

MEASURE = """
<script>
addEventListener("load", () => {
  const out = document.createElement("pre");
  const wide = [...document.querySelectorAll("main *")].filter(e => !e.closest(".scroll, svg") || e.matches(".scroll, svg"))
    .filter(e => e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.tagName + "." + e.className);
  const broken = [...document.images].filter(i => !i.naturalWidth).length;
  const view = [innerWidth, document.documentElement.scrollWidth, broken, wide.length, wide.slice(0, 5)].join(" ");
  parent.document.title = "measured " + view;
  document.title = "measured " + view;
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
        command = [
            browser,
            *flags,
            "--allow-file-access-from-files",
            f"--user-data-dir={tmp_path / 'profile'}",
            *options,
        ]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    return run


def measured(run, tmp_path: Path, width: int) -> list[str]:
    """[inner width, width of what there is to scroll, broken pictures, elements too wide, which] at a window's width.

    The page lies in a frame, because a headless window is never narrower than 500 pixels.
    """
    unlocked = re.sub(r"<meta http-equiv=[^>]*>", "", page(content())).replace("</head>", f"{MEASURE}</head>")
    (tmp_path / "inner.html").write_text(unlocked, encoding="utf-8")
    frame = f'<body style="margin:0"><iframe src="inner.html" style="width:{width}px;height:900px;border:0"></iframe>'
    (tmp_path / "outer.html").write_text(f"<!doctype html><title>-</title>{frame}", encoding="utf-8")
    dom = run("--dump-dom", f"--window-size={max(width, 500)},900", (tmp_path / "outer.html").as_uri())
    found = re.search(r"<title>measured ([^<]*)</title>", dom)
    assert found, dom[:500]
    return found.group(1).split(" ", 4)


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_the_page_fits_its_window(run, tmp_path: Path, width: int) -> None:
    inner, needed, broken, too_wide, which = measured(run, tmp_path, width)
    assert int(inner) == width
    assert int(needed) <= width
    assert int(broken) == 0
    assert int(too_wide) == 0, which


def test_the_browser_shows_all_sections_and_fetches_nothing(run, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page(content()), encoding="utf-8")
    dom = run("--dump-dom", path.as_uri())
    for section in ("result", "cases", "training", "plan", "data", "how"):
        assert f'id="{section}"' in dom
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", dom)


def test_the_page_is_painted_and_prints(run, tmp_path: Path) -> None:
    path, screen, paper = (tmp_path / name for name in ("report.html", "screen.png", "paper.pdf"))
    path.write_text(page(content()), encoding="utf-8")
    run(f"--screenshot={screen}", "--window-size=1200,1600", path.as_uri())
    run(f"--print-to-pdf={paper}", path.as_uri())
    assert screen.read_bytes().startswith(b"\x89PNG")
    assert screen.stat().st_size > 20_000
    assert paper.read_bytes().startswith(b"%PDF")
