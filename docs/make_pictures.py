"""Makes the pictures of these documents from what `make demo` left; see docs/pictures.

It needs programs of the system, on Debian and Ubuntu `apt-get install chromium poppler-utils
pngquant libreoffice-calc fonts-crosextra-carlito`, and is run as

    PYTHONPATH=. .venv/bin/python docs/make_pictures.py
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from ingestion.settings import Home
from orchestration.reports.dashboard.dashboard import make_dashboard
from orchestration.reports.kpi_pack import make_kpi_pack
from orchestration.reports.reading import last_closed_month, last_week
from orchestration.reports.report import published_snapshot
from orchestration.reports.weekly import make_customer_lists, make_weekly_digest

PICTURES = Path(__file__).parent / "pictures"
PROGRAMS = ("chromium", "pdftoppm", "pngquant", "soffice")
DOTS_PER_INCH = 100
COLORS = 96
A4 = (11.69, 8.27)  # inches, lying
# From the left, from the top, width and height, as parts of a sheet: what the summary fills.
SUMMARY = (0.02, 0.06, 0.81, 0.79)


def main() -> None:
    """Makes every picture anew; the demo's publication gives the same ones each time."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        raise SystemExit(f"Missing: {', '.join(missing)}. The head of {__file__} names packages.")
    home = Home(Path(sys.argv[1] if len(sys.argv) > 1 else "data/demo"))
    snapshot = published_snapshot(home)
    month, week = last_closed_month(snapshot), last_week(snapshot)
    if month is None:
        raise SystemExit(f"No month is closed in {snapshot}: run `make demo` first.")
    pack = make_kpi_pack(home, month, ("en", "pt_BR"))
    digest = make_weekly_digest(home, week, ("en",))
    lists = make_customer_lists(home, week, ("en",))
    dashboard = make_dashboard(home)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        for number in (1, 2):
            _page(pack.file("en", "pdf"), number, made / f"kpi-pack-{number}.png")
        summary = _printed(pack.file("pt_BR", "xlsx"), made)
        _page(summary, 1, made / "kpi-pack-workbook.png", SUMMARY)
        # After the summary and those past due comes the longest of the lists.
        _page(_printed(lists.file("en", "xlsx"), made), 3, made / "lists-workbook.png")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
            mail = pack.file("pt_BR", "html")
            _screen(browser, mail, made / "kpi-pack-mail.png", width=690)
            _screen(browser, mail, made / "kpi-pack-mail-phone.png", width=390)
            _screen(browser, digest.file("en", "html"), made / "weekly-digest-mail.png", width=690)
            wide: Mapping[str, Any] = {"width": 1440, "wait": ".plot svg"}
            _screen(browser, dashboard, made / "dashboard.png", **wide)
            _screen(browser, dashboard, made / "dashboard-dark.png", scheme="dark", **wide)
            phone = {**wide, "width": 390}
            _screen(browser, dashboard, made / "dashboard-phone.png", **phone)
            browser.close()
        for file in sorted(made.glob("*.png")):
            target = PICTURES / file.name
            _run(["pngquant", "--force", "--strip", "--output", target, COLORS, file])
            print(f"{target}  {target.stat().st_size // 1000} kB")  # noqa: T201


def _printed(workbook: Path, folder: Path) -> Path:
    """The workbook as LibreOffice prints it."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    _run(["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", folder, workbook])
    return folder / f"{workbook.stem}.pdf"


def _page(
    pdf: Path, number: int, picture: Path, part: tuple[float, float, float, float] | None = None
) -> None:
    """One page of a PDF, or a part of one that lies."""
    cut: list[object] = []
    if part is not None:
        for name, share, inches in zip(("-x", "-y", "-W", "-H"), part, (*A4, *A4), strict=True):
            cut += [name, round(share * inches * DOTS_PER_INCH)]
    page = ["-r", DOTS_PER_INCH, "-f", number, "-l", number, "-singlefile", "-png"]
    _run(["pdftoppm", *page, *cut, pdf, picture.with_suffix("")])


def _screen(
    browser: Browser,
    page: Path,
    picture: Path,
    *,
    width: int,
    scheme: Any = "light",
    wait: str = "body",
) -> None:
    """A whole page as a screen of some width shows it."""
    shown = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    shown.goto(page.resolve().as_uri())
    shown.wait_for_selector(wait)
    shown.screenshot(path=picture, full_page=True)
    shown.close()


def _run(command: Sequence[object]) -> None:
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)  # noqa: S603


if __name__ == "__main__":
    main()
