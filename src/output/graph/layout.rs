//! Where everything stands: columns from left to right, what stands in one column below each other.
//!
//! Between two columns of nodes there is one of labels, and an edge that passes a column takes a place in it, so nothing
//! stands on anything else. The same picture is always laid out alike.

use super::{Lane, Layer};

/// Most characters of one line of a box, and most lines.
const LINE: usize = 30;
const LINES: usize = 3;
/// Most characters of one line of a label, and most lines.
const LABEL: usize = 24;
const LABEL_LINES: usize = 3;
/// The size of the letters of names, and of labels.
const SIZE: i64 = 13;
const LABEL_SIZE: i64 = 11;
const ROW: i64 = 17;
const LABEL_ROW: i64 = 14;
const PADDING: i64 = 10;
const GAP: i64 = 18;
/// Between a column and the next.
const BETWEEN: i64 = 20;
/// How often columns are put in order by their neighbours.
const SWEEPS: usize = 6;

/// A lane with a place for everything.
pub(super) struct Laid {
    pub(super) width: i64,
    pub(super) height: i64,
    /// As many as the lane has nodes.
    pub(super) boxes: Vec<Placed>,
    /// As many as the lane has edges: the label, and the points that the line passes.
    pub(super) lines: Vec<Drawn>,
}

/// A rectangle with text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) width: i64,
    pub(super) height: i64,
    /// The text, broken into lines.
    pub(super) lines: Vec<String>,
}

/// An edge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Drawn {
    pub(super) label: Placed,
    /// From the right side of a box to the left side of another one: pairs of where a line enters a column and leaves it.
    pub(super) points: Vec<(i64, i64)>,
}

/// Something that takes a place in a column.
struct Slot {
    column: usize,
    width: i64,
    height: i64,
    what: What,
    /// The slots to the left and to the right that it is joined with.
    left: Vec<usize>,
    right: Vec<usize>,
    y: i64,
}

enum What {
    Node(usize),
    Label(usize),
    Passing,
}

/// Lays a lane out.
pub(super) fn lay(lane: &Lane) -> Laid {
    let columns = columns(lane);
    let count = columns.iter().copied().max().map_or(0, |last| last + 1) * 2;
    let mut slots: Vec<Slot> = Vec::new();
    let mut texts: Vec<Vec<String>> = Vec::new();
    for (number, node) in lane.nodes.iter().enumerate() {
        let lines = broken(&node.name, LINE, LINES);
        let kind: Vec<String> = broken(&node.kind, LINE + 4, 1);
        let widest = lines.iter().map(|line| wide(line, SIZE)).max().unwrap_or_default();
        let widest = widest.max(kind.iter().map(|line| wide(line, LABEL_SIZE)).max().unwrap_or_default());
        slots.push(Slot {
            column: columns.get(number).copied().unwrap_or_default() * 2,
            width: widest + PADDING * 2,
            height: rows(lines.len()) * ROW + LABEL_ROW + PADDING * 2,
            what: What::Node(number),
            left: Vec::new(),
            right: Vec::new(),
            y: 0,
        });
        texts.push(kind.into_iter().chain(lines).collect());
    }
    let mut labels: Vec<Vec<String>> = Vec::new();
    let mut chains: Vec<Vec<usize>> = Vec::new();
    for (number, edge) in lane.edges.iter().enumerate() {
        let mut lines = broken(&edge.label, LABEL, LABEL_LINES);
        lines.extend(broken_path(&edge.at));
        let (from, to) = (column(&slots, edge.from), column(&slots, edge.to));
        let mut chain = vec![edge.from];
        // A step back to the left, where groups hold each other, has its label beside what it leaves.
        let passed = if to > from { from + 1..to } else { from + 1..from + 2 };
        for at in passed {
            let is_label = at == from + 1;
            let slot = Slot {
                column: at,
                width: if is_label {
                    lines.iter().map(|line| wide(line, LABEL_SIZE)).max().unwrap_or_default()
                } else {
                    0
                },
                height: if is_label { rows(lines.len()) * LABEL_ROW + 6 } else { 4 },
                what: if is_label { What::Label(number) } else { What::Passing },
                left: Vec::new(),
                right: Vec::new(),
                y: 0,
            };
            chain.push(slots.len());
            slots.push(slot);
        }
        chain.push(edge.to);
        labels.push(lines);
        chains.push(chain);
    }
    for chain in &chains {
        for pair in chain.windows(2) {
            let [a, b] = pair else { continue };
            if column(&slots, *a) < column(&slots, *b) {
                if let Some(slot) = slots.get_mut(*a) {
                    slot.right.push(*b);
                }
                if let Some(slot) = slots.get_mut(*b) {
                    slot.left.push(*a);
                }
            }
        }
    }
    let mut order = ordered(&slots, count);
    stack(&mut slots, &mut order);
    finish(lane, &slots, &order, &chains, texts, labels)
}

fn rows(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(1)
}

fn column(slots: &[Slot], at: usize) -> usize {
    slots.get(at).map_or(0, |slot| slot.column)
}

/// How wide a text is at most, in letters of this size: no font is known here, so it is a wide one's.
fn wide(text: &str, size: i64) -> i64 {
    let thousandths = |c: char| match c {
        'i' | 'j' | 'l' | 'f' | 'r' | 't' | '.' | ',' | ':' | ';' | '/' | ' ' | '-' | '(' | ')' => 460,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 1_020,
        'A'..='Z' | '_' | '&' | '…' | '*' => 790,
        c if c.is_ascii() => 650,
        c => 800 * i64::try_from(unicode_width::UnicodeWidthChar::width(c).unwrap_or(0)).unwrap_or(1),
    };
    text.chars().map(thousandths).sum::<i64>() * size / 1000 + 2
}

/// The column of each node: at least that of its kind, and right of whatever leads to it. Columns that nothing stands in
/// are left out.
fn columns(lane: &Lane) -> Vec<usize> {
    let mut at: Vec<usize> = lane
        .nodes
        .iter()
        .map(|node| match node.layer {
            Layer::Principal => 0,
            Layer::Account => 1,
            Layer::Group => 2,
            Layer::Role => 3,
            Layer::Duty => 4,
        })
        .collect();
    let forward = forward(lane);
    // Without steps back the longest way has as many steps as there are nodes at most.
    for _ in 0..lane.nodes.len() {
        let mut moved = false;
        for (from, to) in &forward {
            let least = at.get(*from).map_or(0, |column| column + 1);
            if let Some(column) = at.get_mut(*to).filter(|column| **column < least) {
                *column = least;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    // What ways end with stands at the right.
    let last = at.iter().copied().max().unwrap_or_default();
    for (number, node) in lane.nodes.iter().enumerate() {
        if let Some(column) = at.get_mut(number).filter(|_| node.layer == Layer::Duty) {
            *column = last;
        }
    }
    let used: std::collections::BTreeSet<usize> = at.iter().copied().collect();
    at.iter().map(|column| used.range(..column).count()).collect()
}

/// The steps without those that lead back to something that leads to them.
fn forward(lane: &Lane) -> Vec<(usize, usize)> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Not,
        Open,
        Done,
    }
    let next = |from: usize| -> Vec<usize> {
        lane.edges.iter().filter(|edge| edge.from == from).map(|edge| edge.to).collect()
    };
    let mut seen = vec![Seen::Not; lane.nodes.len()];
    let mut found = Vec::new();
    for start in 0..lane.nodes.len() {
        if seen.get(start) != Some(&Seen::Not) {
            continue;
        }
        let mut open = vec![(start, next(start))];
        if let Some(own) = seen.get_mut(start) {
            *own = Seen::Open;
        }
        while let Some((at, rest)) = open.last_mut() {
            let at = *at;
            let Some(to) = rest.pop() else {
                if let Some(own) = seen.get_mut(at) {
                    *own = Seen::Done;
                }
                open.pop();
                continue;
            };
            match seen.get(to).copied().unwrap_or(Seen::Done) {
                Seen::Open => {}
                Seen::Done => found.push((at, to)),
                Seen::Not => {
                    found.push((at, to));
                    if let Some(own) = seen.get_mut(to) {
                        *own = Seen::Open;
                    }
                    open.push((to, next(to)));
                }
            }
        }
    }
    found
}

/// The slots of each column, those near each other whose neighbours are.
fn ordered(slots: &[Slot], count: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (number, slot) in slots.iter().enumerate() {
        if let Some(column) = order.get_mut(slot.column) {
            column.push(number);
        }
    }
    let mut place: Vec<i64> = vec![0; slots.len()];
    let note = |column: &[usize], place: &mut Vec<i64>| {
        for (at, slot) in (0_i64..).zip(column) {
            if let Some(own) = place.get_mut(*slot) {
                *own = at * 1000;
            }
        }
    };
    order.iter().for_each(|column| note(column, &mut place));
    for sweep in 0..SWEEPS {
        let leftwards = sweep % 2 == 1;
        let columns: Vec<usize> = if leftwards { (0..count).rev().collect() } else { (0..count).collect() };
        for at in columns {
            let Some(column) = order.get_mut(at) else { continue };
            let key = |slot: &usize| {
                let beside = slots.get(*slot).map(|own| if leftwards { &own.right } else { &own.left });
                let beside: Vec<i64> =
                    beside.into_iter().flatten().filter_map(|other| place.get(*other).copied()).collect();
                let own = place.get(*slot).copied().unwrap_or_default();
                i64::try_from(beside.len()).ok().filter(|n| *n > 0).map_or(own, |n| beside.iter().sum::<i64>() / n)
            };
            column.sort_by_key(key);
            let column = column.clone();
            note(&column, &mut place);
        }
    }
    order
}

/// Gives each slot its height: near its neighbours, and below what stands above it.
fn stack(slots: &mut [Slot], order: &mut [Vec<usize>]) {
    let middle = |slots: &[Slot], at: usize| slots.get(at).map_or(0, |slot| slot.y + slot.height / 2);
    for round in 0..4 {
        let columns: Vec<usize> =
            if round % 2 == 0 { (0..order.len()).collect() } else { (0..order.len()).rev().collect() };
        for at in columns {
            let Some(column) = order.get(at) else { continue };
            let wanted: Vec<Option<i64>> = column
                .iter()
                .map(|number| {
                    let slot = slots.get(*number)?;
                    let beside = if round % 2 == 0 { &slot.left } else { &slot.right };
                    let n = i64::try_from(beside.len()).ok().filter(|n| *n > 0)?;
                    let sum: i64 = beside.iter().map(|other| middle(slots, *other)).sum();
                    Some(sum / n - slot.height / 2)
                })
                .collect();
            let mut free = i64::MIN / 4;
            let mut off = Vec::new();
            for (number, wanted) in column.iter().zip(&wanted) {
                let Some(slot) = slots.get_mut(*number) else { continue };
                let wanted = wanted.unwrap_or(if free < 0 && round == 0 { 0 } else { slot.y });
                slot.y = wanted.max(free);
                off.push(wanted - slot.y);
                free = slot.y + slot.height + GAP;
            }
            // What was pushed down is drawn up again, all of it alike.
            if let Some(n) = i64::try_from(off.len()).ok().filter(|n| *n > 0) {
                let shift = off.iter().sum::<i64>() / n;
                for number in column {
                    if let Some(slot) = slots.get_mut(*number) {
                        slot.y += shift;
                    }
                }
            }
        }
    }
    let top = slots.iter().map(|slot| slot.y).min().unwrap_or_default();
    for slot in slots {
        slot.y -= top;
    }
}

fn finish(
    lane: &Lane,
    slots: &[Slot],
    order: &[Vec<usize>],
    chains: &[Vec<usize>],
    texts: Vec<Vec<String>>,
    labels: Vec<Vec<String>>,
) -> Laid {
    let mut lefts = Vec::new();
    let mut x = 0;
    for column in order {
        let width = column.iter().filter_map(|number| slots.get(*number)).map(|slot| slot.width).max();
        lefts.push((x, width.unwrap_or_default()));
        x += width.map_or(0, |width| width + BETWEEN);
    }
    let left = |slot: &Slot| lefts.get(slot.column).copied().unwrap_or_default();
    let mut laid = Laid {
        width: (x - BETWEEN).max(0),
        height: slots.iter().map(|slot| slot.y + slot.height).max().unwrap_or_default(),
        boxes: vec![Placed::default(); lane.nodes.len()],
        lines: vec![Drawn::default(); lane.edges.len()],
    };
    for slot in slots {
        let (x, column) = left(slot);
        let placed = |lines: Vec<String>, width: i64| Placed { x, y: slot.y, width, height: slot.height, lines };
        match slot.what {
            // Boxes of one column are of one width.
            What::Node(number) => {
                if let (Some(own), Some(lines)) = (laid.boxes.get_mut(number), texts.get(number)) {
                    *own = placed(lines.clone(), column);
                }
            }
            What::Label(number) => {
                if let (Some(own), Some(lines)) = (laid.lines.get_mut(number), labels.get(number)) {
                    own.label = placed(lines.clone(), column);
                }
            }
            What::Passing => {}
        }
    }
    for (drawn, chain) in laid.lines.iter_mut().zip(chains) {
        let last = chain.len().saturating_sub(1);
        for (at, number) in chain.iter().enumerate() {
            let Some(slot) = slots.get(*number) else { continue };
            let (x, width) = left(slot);
            let middle = slot.y + slot.height / 2;
            if at > 0 {
                drawn.points.push((x, middle));
            }
            if at < last {
                drawn.points.push((x + width, middle));
            }
        }
    }
    laid
}

/// A text in lines, broken where a reader would if there is such a place; what does not fit is cut and says so.
fn broken(text: &str, most: usize, lines: usize) -> Vec<String> {
    let text = super::shown(text);
    let mut all: Vec<String> = Vec::new();
    let mut rest: Vec<char> = text.trim().chars().collect();
    while !rest.is_empty() && all.len() < lines {
        let fits = fitting(&rest, most);
        if fits == rest.len() {
            all.push(rest.iter().collect());
            return all;
        }
        if all.len() + 1 == lines {
            let cut = fitting(&rest, most.saturating_sub(1));
            all.push(rest.iter().take(cut).chain(['…'].iter()).collect());
            return all;
        }
        let seam = |c: &char| matches!(c, ' ' | '/' | ':' | '-' | '_' | '.' | ',' | '@');
        let at = rest.iter().take(fits).rposition(seam).filter(|at| *at > fits / 3).map_or(fits, |at| at + 1);
        all.push(rest.iter().take(at).collect::<String>().trim_end().to_owned());
        rest.drain(..at);
        while rest.first() == Some(&' ') {
            rest.remove(0);
        }
    }
    if all.is_empty() {
        all.push(String::new());
    }
    all
}

/// How many characters fit into so many columns; at least one.
fn fitting(text: &[char], most: usize) -> usize {
    let mut columns = 0;
    for (at, c) in text.iter().enumerate() {
        columns += unicode_width::UnicodeWidthChar::width(*c).unwrap_or(0);
        if columns > most {
            return at.max(1);
        }
    }
    text.len()
}

/// A place, whose end says most.
fn broken_path(at: &str) -> Option<String> {
    if at.is_empty() {
        return None;
    }
    let text: Vec<char> = super::shown(at).chars().collect();
    if fitting(&text, LABEL) == text.len() {
        return Some(text.into_iter().collect());
    }
    let mut tail: Vec<char> = text.iter().rev().copied().collect();
    tail.truncate(fitting(&tail, LABEL - 1));
    Some(std::iter::once('…').chain(tail.into_iter().rev()).collect())
}
