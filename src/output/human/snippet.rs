//! Source as it is written, with what matters underlined. Drawn by miette from lines that are prepared here: cut to
//! the width, tabs expanded, tricks removed, and the change's own lines marked.

use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use super::super::check::LocationReport;
use super::source::{SourceText, Sources};
use super::style::{Style, clean, columns, tame, wrapping};

/// Most lines shown of one place.
const LINES_PER_PLACE: u32 = 4;
/// Places in one file that are at most this many lines apart are drawn together.
const NEAR: u32 = 3;
const TAB: usize = 4;
/// Longest underline. A longer one says no more, and pushes its label aside.
const UNDERLINE: usize = 48;

/// Draws locations, those near each other in one file together. A place that cannot be shown is told in one line.
pub(super) fn draw(style: &Style<'_>, sources: &mut Sources<'_>, locations: &[&LocationReport], out: &mut String) {
    let mut windows = Vec::new();
    for places in cluster(locations) {
        let Some(first) = places.first() else { continue };
        let source = sources.get(first.side, &first.file);
        let window = source.filter(|_| first.line.is_some()).and_then(|source| Window::new(source, &places));
        windows.push((window, places));
    }
    // Line numbers take equal room in all windows of a finding, so that their frames stand in one column.
    let digits = windows.iter().filter_map(|(window, _)| window.as_ref()).map(Window::digits).max().unwrap_or(0);
    for (window, places) in windows {
        let drawn = window.and_then(|window| {
            let first = places.first()?;
            window.draw(style, sources.get(first.side, &first.file)?, &places, digits)
        });
        match drawn {
            Some(drawn) => out.push_str(&drawn),
            None => places.iter().for_each(|place| out.push_str(&told(style, place))),
        }
    }
}

/// Places that are drawn in one window each.
fn cluster<'a>(locations: &[&'a LocationReport]) -> Vec<Vec<&'a LocationReport>> {
    let mut clusters: Vec<Vec<&LocationReport>> = Vec::new();
    for location in locations {
        let near = clusters.iter_mut().find(|places| {
            places.iter().any(|place| {
                place.side == location.side
                    && place.file == location.file
                    && place.line.zip(location.line).is_some_and(|(a, b)| a.abs_diff(b) <= NEAR)
            })
        });
        match near {
            Some(places) => places.push(location),
            None => clusters.push(vec![location]),
        }
    }
    clusters
}

/// A place in one line, when its source is not at hand.
fn told(style: &Style<'_>, place: &LocationReport) -> String {
    let at = style.file(&place.file, place.line);
    let text = format!("{at}: {}", clean(&place.text));
    let mut lines = style.wrap(&text, "   ", "     ").join("\n");
    lines.push('\n');
    lines
}

/// The lines shown around places that are near each other.
#[derive(Clone, Copy)]
struct Window {
    from: u32,
    to: u32,
}

impl Window {
    /// `None` when the text has no such line.
    fn new(source: &SourceText, places: &[&LocationReport]) -> Option<Self> {
        let first = places.iter().filter_map(|place| place.line).min()?;
        let last = places.iter().filter_map(|place| Some(shown_to(place, place.line?))).max()?.min(source.lines());
        // One line of context on each side; a place in the middle of nowhere is hard to recognise.
        let (from, to) = (first.saturating_sub(1).max(1), last.saturating_add(1).min(source.lines()));
        (first <= source.lines()).then_some(Self { from, to })
    }

    fn digits(&self) -> usize {
        self.to.to_string().len()
    }

    fn draw(self, style: &Style<'_>, source: &SourceText, places: &[&LocationReport], digits: usize) -> Option<String> {
        let primary = places.first()?;
        let gutter = digits + 4;
        let any_added = places.iter().any(|place| place.added);
        let marks = usize::from(any_added) * 2;
        let room = style.width.saturating_sub(gutter + marks).max(20);
        let mut text = String::new();
        let mut labels = Vec::new();
        for line in self.from..=self.to {
            let here: Vec<&&LocationReport> = places.iter().filter(|place| place.line == Some(line)).collect();
            let prepared = Prepared::new(style, source, line, room, here.first().and_then(|place| place.column));
            if any_added {
                text.push_str(if places.iter().any(|place| adds(place, line)) { "+ " } else { "  " });
            }
            let offset = text.len();
            for place in here {
                let (start, length) = prepared.span(place);
                let width = columns(prepared.text.get(start..start + length).unwrap_or_default());
                let indent = gutter + marks + columns(prepared.text.get(..start).unwrap_or_default());
                let label = label(style, &place.text, indent + width / 2);
                labels.push(LabeledSpan::new(Some(label), offset + start, length));
            }
            text.push_str(&prepared.text);
            text.push('\n');
        }
        let snippet = Snippet {
            name: style.link(&primary.file, clean(&primary.file).into_owned()),
            text,
            labels,
            first_line: self.from as usize - 1,
            line: primary.line? as usize - 1,
            column: (primary.column.unwrap_or(1) as usize).saturating_sub(1),
        };
        let mut drawn = String::new();
        handler(style).render_report(&mut drawn, &snippet).ok()?;
        // The first line is miette's place for the message, which stands above all snippets of a finding.
        let (_, snippet) = drawn.split_once('\n')?;
        let pad = " ".repeat(digits.saturating_sub(self.digits()));
        Some(snippet.lines().flat_map(|line| [&pad, line.trim_end(), "\n"]).collect())
    }
}

/// Whether a line belongs to a place that the change brings.
fn adds(place: &LocationReport, line: u32) -> bool {
    place.added && place.line.is_some_and(|start| (start..=shown_to(place, start)).contains(&line))
}

/// The last line shown of a place that starts at `line`.
fn shown_to(place: &LocationReport, line: u32) -> u32 {
    let end = match (place.end_line, place.end_column) {
        // A place that ends at the start of a line does not reach into it.
        (Some(end), Some(1)) if end > line => end - 1,
        (Some(end), _) => end,
        (None, _) => line,
    };
    end.clamp(line, line + LINES_PER_PLACE - 1)
}

/// A label, broken so that it fits behind its underline.
fn label(style: &Style<'_>, text: &str, indent: usize) -> String {
    let room = style.width.saturating_sub(indent + 5).max(24);
    textwrap::fill(&clean(text), wrapping(room))
}

/// One line as it is shown.
struct Prepared {
    text: String,
    /// The first character shown, from 0.
    from: usize,
    /// Where each shown character starts in `text`; at the end, where the last one ends.
    offsets: Vec<usize>,
}

impl Prepared {
    /// Cuts a line to `room` columns so that the place at `column` is in sight.
    fn new(style: &Style<'_>, source: &SourceText, line: u32, room: usize, column: Option<u32>) -> Self {
        let more = style.sign("…", "...");
        let column = column.map_or(0, |column| (column as usize).saturating_sub(1));
        let from = if column < room * 2 / 3 { 0 } else { column.saturating_sub(room / 3) };
        // A tab can be wider than one column but nothing is narrower than none, so one too many shows that there is more.
        let chars = source.slice(line, from, room + 1);
        let mut text = String::new();
        let mut offsets = Vec::with_capacity(chars.len() + 1);
        if from > 0 {
            text.push_str(more);
        }
        let mut width = columns(&text);
        let room = room.saturating_sub(more.len());
        let mut cut = false;
        for c in chars {
            if width >= room {
                cut = true;
                break;
            }
            offsets.push(text.len());
            let start = text.len();
            match c {
                '\t' => text.push_str(&" ".repeat(TAB - width % TAB)),
                c => text.push(tame(c)),
            }
            width += columns(text.get(start..).unwrap_or_default());
        }
        offsets.push(text.len());
        if cut {
            text.push_str(more);
        }
        Self { text, from, offsets }
    }

    /// Where a place that starts on this line is underlined: start and length in bytes.
    fn span(&self, place: &LocationReport) -> (usize, usize) {
        let last = self.offsets.len().saturating_sub(1);
        let at = |column: u32| (column as usize).saturating_sub(1).saturating_sub(self.from).min(last);
        let start = at(place.column.unwrap_or(1));
        let end = match place.end_column {
            Some(end) if place.end_line == place.line => at(end),
            _ => last,
        };
        let end = end.clamp(start, start + UNDERLINE).min(last);
        let start = self.offsets.get(start).copied().unwrap_or_default();
        let end = self.offsets.get(end).copied().unwrap_or(start);
        let shown = self.text.get(start..end).map_or(0, |text| text.trim_end().len());
        (start, shown)
    }
}

fn handler(style: &Style<'_>) -> GraphicalReportHandler {
    let characters = if style.options.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    let styles = if style.options.colour { ThemeStyles::ansi() } else { ThemeStyles::none() };
    GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_width(style.width)
        .with_wrap_lines(false)
        .with_links(false)
        .without_syntax_highlighting()
}

/// A window as miette asks for it.
#[derive(Debug)]
struct Snippet {
    name: String,
    text: String,
    labels: Vec<LabeledSpan>,
    /// The window's first line, from 0.
    first_line: usize,
    /// Where the primary place is, from 0.
    line: usize,
    column: usize,
}

impl fmt::Display for Snippet {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Snippet {}

impl Diagnostic for Snippet {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl SourceCode for Snippet {
    /// Always the whole window. Asked without context, miette wants the place to print above it.
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        before: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (line, column) = if before == 0 { (self.line, self.column) } else { (self.first_line, 0) };
        let lines = self.text.lines().count();
        let span = SourceSpan::from((0, self.text.len()));
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), self.text.as_bytes(), span, line, column, lines)))
    }
}
