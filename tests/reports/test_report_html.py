"""The HTML page, as text and in headless Chromium."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import browser
import pytest
import report_samples as samples

from archc.audit.report import Report
from archc.audit.reports import Options, render
from archc.audit.reports.scoreboard import column
from archc.audit.reports.words import sentence
from archc.diagnostics import Diagnostic


class Page(HTMLParser):
    """Elements with their attributes, and the texts of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = tag == "script"
        if self.inside:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.scripts[-1] += data


def html(report: Report, **options: Any) -> str:
    return render(report, "html", Options(**options))


@pytest.mark.parametrize("report", [samples.sample(), samples.hostile(), Report(())])
def test_it_needs_nothing_else_and_runs_nothing_else(report: Report) -> None:
    page = Page(html(report))
    assert len(page.scripts) == 2
    for tag, attributes in page.elements:
        assert tag not in ("img", "iframe", "object", "embed", "base", "form", "audio", "video")
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
        for name in ("href", "xlink:href", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:,"))
    policy = next(a["content"] for _, a in page.elements if a.get("http-equiv"))
    assert policy is not None and policy.startswith("default-src 'none';")


def test_the_data_is_the_report() -> None:
    data = json.loads(Page(html(samples.sample())).scripts[0])
    assert sum(len(claim["n"]) for claim in data["claims"]) == len(samples.sample().cases)
    by_id = {claim["i"]: claim for claim in data["claims"] if "i" in claim}
    case = next(c for c in samples.sample().cases if c.claim.id == "a5")
    assert by_id["a5"] == {
        "d": data["documents"].index("Our paper"),
        "n": [data["networks"].index("small")],
        "f": "small of net",
        "s": "conv1",
        "k": "params",
        "t": "111",
        "c": "112",
        "v": column(case),
        "g": "disputed",
        "w": "does not hold",
        "e": sentence(case).removeprefix("does not hold; "),
        "p": "Table 2",
        "i": "a5",
        "a": "ours.yaml:10",
        "x": 1,
        "y": 1,
    }


def test_hostile_texts_reach_the_data_unharmed() -> None:
    data = json.loads(Page(html(samples.hostile())).scripts[0])
    assert samples.NASTY in data["documents"]
    assert samples.NASTY in {claim.get("q") for claim in data["claims"]}


def test_what_does_not_compile_is_said() -> None:
    text = html(Report(()), errors=(Diagnostic("import", "no <file>"),))
    assert '<pre class="error">error[import]: no &lt;file&gt;</pre>' in text


def test_diagrams_are_there_once_each_and_small() -> None:
    text = html(samples.sample())
    assert len(re.findall("<template", text)) == 2  # of small and large; OtherNet has no spec
    assert "≠ 112" in text
    assert len(text) < 60_000


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[browser.Browser]:
    if browser.PROGRAM is None:
        pytest.skip("there is no chromium")
    with browser.Browser() as found:
        yield found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "check.html"
    path.write_text(html(samples.sample()), encoding="utf-8")
    return path


def count(chromium: browser.Browser) -> str:
    return str(chromium.run("document.getElementById('count').textContent"))


def listed(chromium: browser.Browser) -> list[str]:
    """The printed numbers that are listed."""
    found = chromium.run(
        "[...document.querySelectorAll('.claim .numbers strong')].map((e) => e.textContent)"
    )
    assert isinstance(found, list)
    return found


def hash_of(**filters: str) -> str:
    return f"#{urlencode(filters)}"


def test_the_page_opens_quietly(chromium: browser.Browser, page: Path) -> None:
    chromium.open(page)
    assert count(chromium) == "17 of 17 claims"
    assert len(listed(chromium)) == 15  # two hold for both variants
    assert listed(chromium)[:4] == ["1450", "112", "999", "111"]  # what fails stands first
    assert chromium.messages == []
    assert [url for url in chromium.requests if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in chromium.requests if url.startswith("file:")]) == 1


@pytest.mark.parametrize(
    ("filters", "claims", "printed"),
    [
        ({"verdict": "fails"}, 4, ["1450", "112", "999", "111"]),
        ({"verdict": "unexplained"}, 2, ["112", "999"]),
        ({"verdict": "not_evaluable"}, 1, ["5M"]),
        ({"document": "a paper", "network": "large"}, 4, ["112", "8x8x3", "10", "1450"]),
        ({"network": "OtherNet"}, 1, ["5M"]),
        ({"q": "0.11k"}, 1, ["0.11K"]),
        ({"q": "conv1 LEFT bias"}, 1, ["111"]),
        ({"q": "8×8×3"}, 2, ["8x8x3"]),
        ({"q": "1,562"}, 1, ["1.5K"]),
        ({"q": "1562", "verdict": "exact"}, 0, []),
        ({"q": "Section 3"}, 1, ["5M"]),
    ],
)
def test_filters(
    chromium: browser.Browser,
    page: Path,
    filters: dict[str, str],
    claims: int,
    printed: list[str],
) -> None:
    chromium.open(page, hash_of(**filters))
    assert (count(chromium), listed(chromium)) == (f"{claims} of 17 claims", printed)
    for name, value in filters.items():
        assert chromium.run(f"document.getElementById('{name}').value") == value


def test_every_number_of_the_scoreboard_leads_to_as_many_claims(
    chromium: browser.Browser, page: Path
) -> None:
    chromium.open(page)
    found = chromium.run("""[...document.querySelectorAll('td a')].map((link) => {
        link.click();
        dispatchEvent(new HashChangeEvent('hashchange'));
        const count = document.getElementById('count').textContent;
        return [link.textContent, count.split(' ')[0]];
    })""")
    assert len(found) > 30
    assert [one for one in found if one[0] != one[1]] == []


TOP = "Math.round(document.getElementById('claims').getBoundingClientRect().top)"


def test_a_link_leads_to_the_claims(chromium: browser.Browser, page: Path) -> None:
    """One that was sent, and one that is followed again."""
    chromium.emulate(390)
    chromium.open(page)
    below = chromium.run(TOP)
    chromium.open(page, hash_of(document="a paper"))
    assert chromium.run(TOP) < 100 < below
    link = f"document.querySelector('a[href=\"{hash_of(document='a paper')}\"]')"
    for _ in range(2):
        chromium.run("scrollTo(0, 0)")
        assert chromium.run(TOP) > 100
        chromium.run(f"{link}.click()")
        assert chromium.run(TOP) < 100


def test_on_paper(chromium: browser.Browser, tmp_path: Path) -> None:
    """All that is found, the sums once, and dark on white whatever the screen is."""
    case = samples.sample().cases[0]
    claims = (replace(case.claim, printed=str(i), span=None) for i in range(250))
    path = tmp_path / "many.html"
    path.write_text(html(Report(tuple(replace(case, claim=claim) for claim in claims))))
    chromium.emulate(1400, dark=True)
    chromium.open(path)
    chromium.run("dispatchEvent(new Event('beforeprint'))")
    assert len(listed(chromium)) == 250
    chromium.emulate(1400, dark=True, media="print")
    style = "getComputedStyle(document.querySelector('{}')).{}"
    assert chromium.run(style.format("body", "backgroundColor")) == "rgb(255, 255, 255)"
    assert chromium.run(style.format("tfoot", "display")) == "table-row-group"
    least, _ = chromium.run(CONTRAST)
    assert least >= 4.5
    chromium.emulate(1400)


def test_a_text_from_right_to_left_turns_no_other(
    chromium: browser.Browser, tmp_path: Path
) -> None:
    case = samples.sample().cases[0]
    turned = replace(case.claim, quote="\u202e\u202eabc", span=None)
    path = tmp_path / "turned.html"
    path.write_text(html(Report((replace(case, claim=turned),))))
    chromium.open(path)
    quote, source = (
        chromium.run(f"document.querySelector('.where {e}').getBoundingClientRect().left")
        for e in ("q", ".source")
    )
    assert quote < source


def test_by_keyboard(chromium: browser.Browser, page: Path) -> None:
    chromium.open(page)
    chromium.press("Tab", 9)
    assert chromium.run("document.activeElement.className") == "skip"
    chromium.run("document.getElementById('q').focus()")
    chromium.type("weights alone")
    assert count(chromium) == "1 of 17 claims"
    assert chromium.run("location.hash") == "#q=weights+alone"
    chromium.press("Tab", 9)
    assert chromium.run("document.activeElement.id") == "clear"
    chromium.press("Enter", 13)
    assert count(chromium) == "17 of 17 claims"
    assert chromium.run("document.activeElement.id") == "q"


def test_a_networks_diagram_stands_beside_its_claims(chromium: browser.Browser, page: Path) -> None:
    chromium.emulate(1400)
    chromium.open(page, hash_of(network="small"))
    drawn = "document.querySelector('#diagram svg')"
    assert chromium.run(f"{drawn}.getAttribute('aria-label')") == "Diagram of small"
    assert "“999” ≠ 112" in chromium.run(f"{drawn}.textContent")
    assert chromium.run(f"{drawn}.getBoundingClientRect().height > 100")
    for other in ("", "OtherNet"):
        chromium.open(page, hash_of(network=other))
        assert chromium.run(f"{drawn} === null")
        assert chromium.run("document.getElementById('diagram').hidden")


def test_many_claims_come_in_parts(chromium: browser.Browser, tmp_path: Path) -> None:
    case = samples.sample().cases[0]
    claims = (replace(case.claim, printed=str(i), span=None) for i in range(450))
    path = tmp_path / "many.html"
    path.write_text(html(Report(tuple(replace(case, claim=claim) for claim in claims))))
    chromium.open(path)
    assert count(chromium) == "450 of 450 claims"
    for expected in (200, 400, 450):
        assert len(listed(chromium)) == expected
        assert chromium.run("document.getElementById('more').hidden") is (expected == 450)
        chromium.run("document.getElementById('more').click()")


def test_hostile_texts_are_shown_and_do_nothing(chromium: browser.Browser, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(html(samples.hostile()))
    for hash in ("", hash_of(network="small"), hash_of(document=samples.NASTY)):
        chromium.open(path, hash)
        assert chromium.run("window.pwned") is None
        assert chromium.messages == []
        assert [url for url in chromium.requests if url.startswith("http")] == []
        assert chromium.run("document.querySelectorAll('img, iframe').length") == 0
        assert chromium.run("document.scripts.length") == 2
    assert samples.NASTY in chromium.run("document.querySelector('.claim').textContent")


@pytest.mark.parametrize("width", [320, 390, 768, 1400])
def test_no_screen_is_too_narrow(chromium: browser.Browser, page: Path, width: int) -> None:
    chromium.emulate(width)
    chromium.open(page, hash_of(network="small"))
    assert chromium.run("document.documentElement.scrollWidth <= innerWidth")
    small = chromium.run("""[...document.querySelectorAll('select, input, button')]
        .filter((e) => !e.hidden && e.getBoundingClientRect().height < 40).length""")
    assert small == 0


CONTRAST = """(() => {
    const parse = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = (c) => {
        const [r, g, b] = c.map((v) => v / 255)
            .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (e) => {
        for (; e; e = e.parentElement) {
            const c = parse(getComputedStyle(e).backgroundColor);
            if (c.length === 3 || c[3] > 0) return c.slice(0, 3);
        }
        return [255, 255, 255];
    };
    let least = 21, count = 0;
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const e = walk.currentNode.parentElement;
        if (!walk.currentNode.data.trim()) continue;
        if (e.closest('script, style, svg, noscript, option')) continue;
        const [a, b] = [parse(getComputedStyle(e).color).slice(0, 3), behind(e)].map(light);
        least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
        count += 1;
    }
    return [least, count];
})()"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_can_be_read(chromium: browser.Browser, page: Path, dark: bool) -> None:
    """WCAG 2 AA: a contrast of 4.5 and more."""
    chromium.emulate(1400, dark)
    chromium.open(page)
    least, texts = chromium.run(CONTRAST)
    assert least >= 4.5
    assert texts > 100
    background = chromium.run("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") is not dark


def test_controls_and_tables_have_names(chromium: browser.Browser, page: Path) -> None:
    chromium.open(page)
    tree = chromium.send("Accessibility.getFullAXTree")["nodes"]
    roles = {"textbox", "searchbox", "combobox", "button", "table", "region", "link"}
    nodes = [n for n in tree if n.get("role", {}).get("value") in roles and not n["ignored"]]
    assert len(nodes) > 40
    assert [n for n in nodes if not n.get("name", {}).get("value")] == []


def test_a_long_printed_text_leaves_room(chromium: browser.Browser, tmp_path: Path) -> None:
    case = samples.sample().cases[0]
    claim = replace(case.claim, printed="(implied by the listing, with 1000 classes) " * 3)
    path = tmp_path / "long.html"
    path.write_text(html(Report((replace(case, claim=claim),))))
    for width in (390, 1400):
        chromium.emulate(width)
        chromium.open(path, hash_of(network=claim.network))
        what = chromium.run("document.querySelector('.what').getBoundingClientRect().width")
        assert what > 200
