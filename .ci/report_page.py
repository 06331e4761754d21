#!/usr/bin/env python3
"""Opens the report's page in a real browser and holds it to what it promises.

    cargo test --lib the_examples_are_written
    python3 .ci/report_page.py target/report-page

For each page: nothing is loaded, nothing is logged, every chart is drawn and no label is cut, links lead somewhere, tables
filter and sort by pointer and by keyboard, a deep link opens what it leads to, it reads without its script, foreign script
does not run, colours have contrast, and paper has everything. Screenshots and PDFs lie beside the pages. Needs Chromium;
reads PDFs with poppler's tools where they are there. Nothing else but Python.
"""

import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PAPER = {"a4": (8.27, 11.69), "letter": (8.5, 11)}
SCREENS = [("phone", 390, 844, "light"), ("phone-dark", 390, 844, "dark"), ("laptop", 1280, 800, "light"),
           ("laptop-dark", 1280, 800, "dark"), ("wide", 1680, 1000, "light")]


class Browser:
    """A headless Chromium, spoken to by its debugging pipe."""

    def __init__(self, profile):
        program = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
        if program is None:
            sys.exit("there is no Chromium: apt-get install chromium")
        read_theirs, self.write = os.pipe()
        self.read, write_theirs = os.pipe()
        # Out of the way of 3 and 4, which the browser speaks by.
        own = [os.dup2(end, 20 + at) for at, end in enumerate((read_theirs, write_theirs))]

        def pipes():
            os.dup2(own[0], 3)
            os.dup2(own[1], 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
             f"--user-data-dir={profile}"],
            preexec_fn=pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for end in (read_theirs, write_theirs, *own):
            os.close(end)
        self.number, self.buffer, self.events, self.session = 0, b"", [], None

    def message(self):
        while b"\0" not in self.buffer:
            got = os.read(self.read, 1 << 16)
            if not got:
                sys.exit("the browser is gone")
            self.buffer += got
        one, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(one)

    def call(self, method, **params):
        self.number += 1
        sent = {"id": self.number, "method": method, "params": params}
        if self.session:
            sent["sessionId"] = self.session
        os.write(self.write, json.dumps(sent).encode() + b"\0")
        while True:
            own = self.message()
            if own.get("id") == self.number:
                if "error" in own:
                    raise RuntimeError(f"{method}: {own['error']}")
                return own["result"]
            self.events.append(own)

    def wait(self, method):
        while True:
            for at, event in enumerate(self.events):
                if event.get("method") == method:
                    return self.events.pop(at)
            self.events.append(self.message())

    def open(self):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM", "Accessibility"):
            self.call(f"{domain}.enable")

    def visit(self, url):
        self.events.clear()
        self.call("Page.navigate", url="about:blank")
        self.wait("Page.loadEventFired")
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.events = [self.wait("Page.loadEventFired"), *self.events]

    def js(self, expression):
        got = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in got:
            raise RuntimeError(json.dumps(got["exceptionDetails"])[:600])
        return got["result"].get("value")

    def screen(self, width, height, scheme, media="screen"):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        features = [{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def key(self, key, code):
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    def picture(self, path):
        got = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(got["data"]))


CHARTS = """[...document.querySelectorAll('svg.chart')].map(svg => {
  const box = svg.getBoundingClientRect(), wide = svg.viewBox.baseVal;
  const drawn = [...svg.querySelectorAll('rect,path,line,circle,text')].map(own => own.getBBox());
  const cut = [...svg.querySelectorAll('text')].filter(own => {
    const b = own.getBBox();
    return b.x < -0.5 || b.y < -0.5 || b.x + b.width > wide.width + 0.5 || b.y + b.height > wide.height + 0.5;
  }).map(own => own.textContent);
  const meet = [];
  const labels = [...svg.querySelectorAll('text')].map(own => [own, own.getBBox()]);
  labels.forEach(([a, p], i) => labels.slice(i + 1).forEach(([b, q]) => {
    if (p.x + 1 < q.x + q.width && q.x + 1 < p.x + p.width && p.y + 4 < q.y + q.height && q.y + 4 < p.y + p.height)
      meet.push(a.textContent + ' / ' + b.textContent);
  }));
  const named = svg.getAttribute('aria-labelledby').split(' ').every(id => document.getElementById(id)?.textContent);
  return {id: svg.id, width: box.width, height: box.height, count: drawn.filter(b => b.width + b.height > 0).length,
          cut, meet, named, role: svg.getAttribute('role')};
})"""

# What is drawn of sections that are a sentence and a table, by their anchors.
SECTIONS = {"chart-in-force", "chart-remediation", "chart-credentials", "chart-reviews"}

LINKS = """(() => {
  const ids = [...document.querySelectorAll('[id]')].map(own => own.id);
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
  const known = new Set(ids);
  const lost = [...document.querySelectorAll('a[href]')].map(own => own.getAttribute('href'))
    .filter(href => !href.startsWith('#') || !known.has(decodeURIComponent(href.slice(1))));
  const lostNames = [...document.querySelectorAll('[aria-labelledby],[aria-describedby]')]
    .flatMap(own => ((own.getAttribute('aria-labelledby') || '') + ' ' + (own.getAttribute('aria-describedby') || '')).split(' '))
    .filter(id => id && !known.has(id));
  const nameless = [...document.querySelectorAll('[role=group]')]
    .filter(own => !own.hasAttribute('aria-label') && !own.hasAttribute('aria-labelledby')).length;
  return {twice, lost, lostNames, nameless};
})()"""

CONTRAST = """(() => {
  const channels = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = own => {
    for (let at = own; at; at = at.parentElement) {
      const c = channels(getComputedStyle(at).backgroundColor);
      if (c.length && (c.length < 4 || c[3] > 0)) return c;
    }
    return [255, 255, 255];
  };
  const poor = new Map();
  for (const own of document.querySelectorAll('body *')) {
    if (own.closest('svg, script, .unseen') || ![...own.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const style = getComputedStyle(own);
    const [one, other] = [light(channels(style.color)), light(behind(own))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) poor.set(own.tagName + '.' + own.className, ratio.toFixed(2));
  }
  return [...poor];
})()"""


class Checked:
    """What was asserted, and what did not hold."""

    def __init__(self):
        self.count, self.failed = 0, []

    def __call__(self, holds, what, told=""):
        self.count += 1
        if not holds:
            self.failed.append(f"{what}: {told}")
            print(f"  NOT {what}: {told}")


def quiet(browser, url, check):
    """Nothing but the page itself was asked for, and nothing was logged."""
    loud = [e for e in browser.events if e.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")]
    asked = [e["params"]["request"]["url"] for e in browser.events if e.get("method") == "Network.requestWillBeSent"]
    other = [own for own in asked if own != url and not own.startswith("data:")]
    check(not loud, "nothing is logged", json.dumps(loud)[:800])
    check(not other, "nothing is loaded", other)


def filters_and_sorts(browser, check):
    shown = "[...document.querySelectorAll('.exposures tbody tr')].filter(r => r.getBoundingClientRect().height > 0).length"
    total = browser.js("document.querySelectorAll('.exposures tbody tr').length")
    browser.js("document.querySelector('.exposures').closest('details').querySelector('.filter input').focus()")
    browser.type("CS-SOD alice")
    check(browser.js(shown) == 1, "a filter of two words leaves one row", browser.js(shown))
    told = browser.js("document.querySelector('.exposures').closest('details').querySelector('output').textContent")
    check(told.startswith(f"1 of {total}"), "the filter says how many", told)
    first = browser.js("[...document.querySelectorAll('.exposures tbody tr')].find(r => r.hidden).id")
    browser.js(f"location.hash = '#{first}'")
    browser.js("new Promise(done => setTimeout(done, 200))")
    check(browser.js(shown) == total, "a link to a row that was filtered out shows all rows", browser.js(shown))

    def column(at):
        return browser.js(f"[...document.querySelectorAll('.exposures tbody tr')].map(r => r.cells[{at}].innerText.trim())")

    head = "document.querySelectorAll('.exposures thead th')[5]"
    browser.js(f"{head}.querySelector('button').click()")
    days = [int(text) for text in column(5)]
    check(days == sorted(days) and len(set(days)) > 3, "numbers sort as numbers", days)
    check(browser.js(f"{head}.getAttribute('aria-sort')") == "ascending", "the head says that it sorts")
    browser.js(f"{head}.querySelector('button').focus()")
    browser.key("Enter", 13)
    falling = [int(text) for text in column(5)]
    check(falling == days[::-1] or falling == sorted(days, reverse=True), "Enter sorts the other way", falling)
    browser.js("document.querySelectorAll('.exposures thead th')[1].querySelector('button').click()")
    worst = column(1)
    order = {"low": 1, "medium": 2, "high": 3, "critical": 4}
    check([order[w] for w in worst] == sorted(order[w] for w in worst), "severities sort by how bad they are", worst)


def seal(text, check):
    """The digest on the cover is that of the data, by the command that the page names."""
    said = re.search(r"SHA-256 of the data in this page</dt><dd><code>([0-9a-f]{64})</code>", text).group(1)
    data = re.search(r'<script type="application/json" id="report">(.*?)</script>', text, re.S).group(1)
    check(hashlib.sha256(data.encode()).hexdigest() == said, "the digest on the cover is that of the data")
    schema = json.loads(data)["schema"]
    known = ("countersign.dev/report/", "countersign.dev/report-overview/")
    check(schema.startswith(known), "the data is the report's JSON", schema)
    return said


def paper(browser, page, check):
    browser.call("Emulation.setEmulatedMedia", media="", features=[])
    for name, (width, height) in PAPER.items():
        got = browser.call("Page.printToPDF", paperWidth=width, paperHeight=height, printBackground=True,
                           preferCSSPageSize=False, transferMode="ReturnAsBase64")
        path = page.with_name(f"{page.stem}-{name}.pdf")
        path.write_bytes(base64.b64decode(got["data"]))
        if not shutil.which("pdftotext"):
            continue
        text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
        # The last of the days; of many repositories, the last row of the last table.
        last = browser.js("(document.querySelector('.days tbody tr:last-child th') || [...document.querySelectorAll('table.data tbody tr:last-child > :first-child')].pop()).textContent")
        # A longer one is broken into lines.
        check(last[:12] in text, f"{name}: what is folded on the screen is on paper", last)
        check("Show rows with" not in text and "↕" not in text, f"{name}: no controls on paper")
        for at, sheet in enumerate(text.split(chr(12)), 1):
            # A table that goes on has its head on each sheet: that of days, and that of findings.
            if len(re.findall(r"\d{4}-\d\d-\d\d +\d+ +\d+ +\d+", sheet)) >= 5:
                check("Evaluated" in sheet, f"{name}: the head of the days is on sheet {at}")
            if sheet.count("still there") + sheet.count("gone") >= 3 and "How long" not in sheet:
                check("From, to" in sheet, f"{name}: the head of the findings is on sheet {at}")
        check(f"1 of {text.count(chr(12))}" in text, f"{name}: pages have numbers")


def one(browser, page, check):
    print(page.name)
    # The pages that have something of everything: made up, and played by a test.
    rich, full = page.stem == "rich", page.stem in ("rich", "acme")
    # One of many repositories has tables alone.
    drawn = 0 if page.stem == "overview" else 4
    url = page.resolve().as_uri()
    text = page.read_text(encoding="utf-8")
    said = seal(text, check)
    command = "sed -n 's|^<script type=\"application/json\" id=\"report\">\\(.*\\)</script>$|\\1|p' \"$0\" | tr -d '\\n' | sha256sum"
    made = subprocess.run(["sh", "-c", command, str(page)], capture_output=True, text=True, check=True).stdout
    check(made.startswith(said), "sed and sha256sum come to the digest on the cover", made)
    for name, width, height, scheme in SCREENS if full else SCREENS[1:3]:
        browser.screen(width, height, scheme)
        browser.visit(url)
        quiet(browser, url, check)
        over = browser.js("document.documentElement.scrollWidth - innerWidth")
        check(over <= 0, f"{name}: nothing is wider than the window", over)
        poor = browser.js(CONTRAST)
        check(not poor, f"{name}: text has contrast", poor)
        browser.picture(page.with_name(f"{page.stem}-{name}.png"))
    browser.screen(1280, 800, "light")
    browser.visit(url)
    browser.js("document.querySelectorAll('details').forEach(own => own.open = true)")
    charts = browser.js(CHARTS)
    check(len(charts) >= (10 if full else drawn), "the charts are there", len(charts))
    missing = SECTIONS - {own["id"] for own in charts}
    check(not missing or not full, "the charts of sections are there", missing)
    for own in charts:
        check(own["width"] > 100 and own["height"] > 20 and own["count"] > 3, f"{own['id']} is drawn", own)
        check(not own["cut"], f"{own['id']}: no label is cut", own["cut"])
        check(not own["meet"], f"{own['id']}: no two labels meet", own["meet"])
        check(own["named"] and own["role"] == "img", f"{own['id']} has a name", own)
    links = browser.js(LINKS)
    check(not any(links.values()), "links lead somewhere, and ids are there once", links)
    tree = browser.call("Accessibility.getFullAXTree")["nodes"]
    for role in ("image", "table", "navigation"):
        nameless = [n for n in tree if n.get("role", {}).get("value") == role and not n.get("name", {}).get("value")]
        check(not nameless, f"each {role} has a name to a screen reader", len(nameless))
    levels = browser.js("[...document.querySelectorAll('h1,h2,h3,h4')].map(own => +own.tagName[1])")
    check(all(b <= a + 1 for a, b in zip(levels, levels[1:])), "no heading leaves out a level", levels)
    browser.key("Tab", 9)
    check(browser.js("document.activeElement.className") == "skip", "the first stop of the keyboard skips to the report")
    if rich:
        browser.visit(url)
        filters_and_sorts(browser, check)
        target = browser.js("document.querySelector('.exposures tbody tr:last-child').id")
        browser.visit(f"{url}#{target}")
        browser.js("new Promise(done => setTimeout(done, 300))")
        top = browser.js(f"document.getElementById('{target}').getBoundingClientRect().top")
        check(0 <= top < 800, "a deep link shows its row", top)
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.visit(url)
    check(browser.js("document.querySelectorAll('.filter, button').length") == 0, "without the script there are no controls")
    rows = browser.js("[...document.querySelectorAll('tbody tr')].filter(r => r.hidden).length")
    check(rows == 0, "without the script every row is there", rows)
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
    browser.visit(url)
    browser.js("(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s); })()")
    check(browser.js("window.ran === undefined"), "a script that is not the page's own does not run")
    paper(browser, page, check)


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "target/report-page")
    pages = sorted(folder.glob("*.html"))
    if not pages:
        sys.exit(f"{folder} has no page: cargo test --lib the_examples_are_written")
    check = Checked()
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile)
        browser.open()
        for page in pages:
            one(browser, page, check)
        browser.session = None
        browser.call("Browser.close")
        browser.process.wait(timeout=20)
    print(f"{len(pages)} pages, {check.count} checks, {len(check.failed)} did not hold")
    sys.exit(bool(check.failed))


main()
