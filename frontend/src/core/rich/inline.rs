//! Finds the parts of lines: code, emphasis, links, mentions and rooms.

use super::links::{Address, address, email};
use super::tree::{Inline, Mark};

/// Maximum number of nodes of a text. The rest of a text is one node.
const NODES_MAX: usize = 1_000;

/// Maximum depth of emphasis in emphasis. Deeper markers are text.
const DEPTH_MAX: usize = 6;

/// Maximum number of links of a text. Further addresses stay text, because each link is an element of the page.
const LINKS_MAX: usize = 100;

/// Maximum number of `@` of a text that are compared with the names of people.
const MENTIONS_MAX: usize = 100;

/// Maximum number of backticks on each side of code.
const TICKS_MAX: usize = 8;

/// The markers of emphasis. Of two that begin alike, the longer comes first. Two underscores are none: they are parts of names in
/// code, as in `__init__.py`.
const MARKERS: [(&str, Mark); 4] =
    [("**", Mark::Strong), ("~~", Mark::Strike), ("*", Mark::Emphasis), ("_", Mark::Emphasis)];

/// What is left of the limits of a text.
pub(super) struct Budget<'a> {
    nodes: usize,
    links: usize,
    mentions: usize,
    mention: &'a dyn Fn(&str) -> Option<usize>,
}

impl<'a> Budget<'a> {
    pub(super) fn new(mention: &'a dyn Fn(&str) -> Option<usize>) -> Self {
        Self { nodes: NODES_MAX, links: LINKS_MAX, mentions: MENTIONS_MAX, mention }
    }

    /// Counts a node.
    pub(super) fn spend(&mut self) {
        self.nodes = self.nodes.saturating_sub(1);
    }

    /// Whether the rest of the text is one node.
    pub(super) fn is_spent(&self) -> bool {
        self.nodes == 0
    }
}

/// An emphasis that is open: its marker, and where its content begins.
struct Open {
    marker: usize,
    /// Index of the first node of its content.
    from: usize,
}

/// The nodes so far, and the text that is not in a node yet.
struct Line {
    nodes: Vec<Inline>,
    text: String,
    open: Vec<Open>,
}

impl Line {
    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.nodes.push(Inline::Text(std::mem::take(&mut self.text)));
        }
    }

    fn push(&mut self, node: Inline, budget: &mut Budget) {
        self.end_text();
        budget.spend();
        self.nodes.push(node);
    }

    /// Closes the newest open emphasis with this marker. The markers of those in it are text. Returns whether there was one that
    /// has content.
    fn close(&mut self, marker: usize, budget: &mut Budget) -> bool {
        let Some(index) = self.open.iter().rposition(|open| open.marker == marker) else { return false };
        if self.text.is_empty() && self.nodes.len() == self.open[index].from {
            return false;
        }
        self.end_text();
        // Nodes are inserted from the end, so that the earlier positions stay valid.
        while self.open.len() > index + 1 {
            if let Some(open) = self.open.pop() {
                self.nodes.insert(open.from, Inline::Text(MARKERS[open.marker].0.to_owned()));
            }
        }
        let Some(open) = self.open.pop() else { return false };
        let content = self.nodes.split_off(open.from);
        let (text, mark) = MARKERS[open.marker];
        budget.spend();
        self.nodes.push(Inline::Marked { mark, marker: text, content: joined(content) });
        true
    }

    fn finish(mut self) -> Vec<Inline> {
        self.end_text();
        while let Some(open) = self.open.pop() {
            self.nodes.insert(open.from, Inline::Text(MARKERS[open.marker].0.to_owned()));
        }
        joined(self.nodes)
    }
}

/// Joins neighbouring texts.
fn joined(nodes: Vec<Inline>) -> Vec<Inline> {
    let mut joined: Vec<Inline> = Vec::with_capacity(nodes.len());
    for node in nodes {
        match (joined.last_mut(), node) {
            (Some(Inline::Text(before)), Inline::Text(text)) => before.push_str(&text),
            (_, node) => joined.push(node),
        }
    }
    joined
}

/// Parses lines of text.
pub(super) fn inline(text: &str, budget: &mut Budget) -> Vec<Inline> {
    let ends = ends_of_code(text);
    let mut line = Line { nodes: Vec::new(), text: String::new(), open: Vec::new() };
    let mut at = 0;
    let mut before: Option<char> = None;
    while let Some(c) = text[at..].chars().next() {
        super::steps::count();
        if budget.is_spent() {
            line.text.push_str(&text[at..]);
            break;
        }
        let rest = &text[at..];
        let length = match c {
            '`' => code(rest, at, &ends, &mut line, budget),
            '*' | '_' | '~' => emphasis(rest, before, &mut line, budget),
            // In Chinese, no blank is before a mention.
            '@' => match is_word(before).then(|| mail(rest, &mut line, budget)).flatten() {
                Some(length) => Some(length),
                None => mention(&rest[1..], &mut line, budget),
            },
            '#' if !is_word(before) => room(&rest[1..], &mut line, budget),
            'h' | 'H' | 'w' | 'W' if !is_ascii_word(before) => link(rest, &mut line, budget),
            _ => None,
        };
        match length {
            Some(length) => at += length,
            None => {
                line.text.push(c);
                at += c.len_utf8();
            }
        }
        before = text[..at].chars().next_back();
    }
    line.finish()
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(char::is_alphanumeric)
}

/// Chinese and other scripts have no blanks between words, so an address or an emphasis may follow one of their letters.
fn is_ascii_word(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '@'))
}

/// For each run of backticks that has a later one of the same length: where it starts, where the later one starts, and the length.
/// In order.
fn ends_of_code(text: &str) -> Vec<(usize, usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| **byte == b'`').count();
        if length > 0 {
            runs.push((at, length));
        }
        at += length.max(1);
    }
    let mut next = [None; TICKS_MAX + 1];
    let mut ends = Vec::new();
    for (start, length) in runs.into_iter().rev().filter(|(_, length)| *length <= TICKS_MAX) {
        ends.extend(next[length].map(|end| (start, end, length)));
        next[length] = Some(start);
    }
    ends.reverse();
    ends
}

fn code(
    rest: &str,
    at: usize,
    ends: &[(usize, usize, usize)],
    line: &mut Line,
    budget: &mut Budget,
) -> Option<usize> {
    let run = rest.len() - rest.trim_start_matches('`').len();
    let Ok(index) = ends.binary_search_by_key(&at, |(start, _, _)| *start) else {
        line.text.push_str(&rest[..run]);
        return Some(run);
    };
    let (_, end, length) = ends[index];
    let text = rest[length..end - at].to_owned();
    line.push(Inline::Code { ticks: "`".repeat(length), text }, budget);
    Some(end - at + length)
}

fn emphasis(rest: &str, before: Option<char>, line: &mut Line, budget: &mut Budget) -> Option<usize> {
    let first = rest.chars().next()?;
    let run = rest.len() - rest.trim_start_matches(first).len();
    // More of them are no marker, as in `__init__` or a word that is starred out.
    let run_max = match first {
        '*' => 3,
        '~' => 2,
        _ => 1,
    };
    if run > run_max {
        line.text.push_str(&rest[..run]);
        return Some(run);
    }
    let mut fitting = MARKERS.iter().enumerate().filter(|(_, (text, _))| rest.starts_with(text));
    // `***` ends the inner emphasis first.
    let innermost = line.open.last().map(|open| open.marker);
    let (marker, (text, mark)) =
        fitting.clone().find(|(marker, _)| Some(*marker) == innermost).or_else(|| fitting.next())?;
    let after = rest[text.len()..].chars().next();
    let is_blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
    // From Thai on, many scripts have no blanks between words.
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && c < '\u{e00}');
    let after_run = rest[run..].chars().next();
    // A marker within a word is part of the word, as in `snake_case` or `2*3*4`.
    let is_strict = *mark != Mark::Strike;
    let may_close = !(is_blank(before) || is_strict && is_letter(after));
    if may_close && line.close(marker, budget) {
        return Some(text.len());
    }
    // After a backslash, an underscore is text, as in `¯\_(ツ)_/¯`.
    let is_inside = is_strict && (is_letter(before) || before == Some('\\'));
    let may_open = !(is_blank(after_run) || is_inside) && line.open.len() < DEPTH_MAX;
    if may_open {
        line.end_text();
        line.open.push(Open { marker, from: line.nodes.len() });
    } else {
        line.text.push_str(text);
    }
    Some(text.len())
}

fn link(rest: &str, line: &mut Line, budget: &mut Budget) -> Option<usize> {
    let links = budget.links.checked_sub(1)?;
    let may_end = |c: char| line.open.iter().any(|open| MARKERS[open.marker].0.starts_with(c));
    let Address { href, text } = address(rest, &may_end)?;
    budget.links = links;
    let (length, text) = (text.len(), text.to_owned());
    line.push(Inline::Link { href, text }, budget);
    Some(length)
}

fn mail(rest: &str, line: &mut Line, budget: &mut Budget) -> Option<usize> {
    let links = budget.links.checked_sub(1)?;
    let (local, length) = email(&line.text, rest)?;
    budget.links = links;
    let local = line.text.split_off(line.text.len() - local);
    let text = format!("{local}{}", &rest[..length]);
    line.push(Inline::Link { href: format!("mailto:{text}"), text }, budget);
    Some(length)
}

fn mention(name: &str, line: &mut Line, budget: &mut Budget) -> Option<usize> {
    budget.mentions = budget.mentions.checked_sub(1)?;
    let length = (budget.mention)(name).filter(|length| name.is_char_boundary(*length) && *length > 0)?;
    line.push(Inline::Mention(format!("@{}", &name[..length])), budget);
    Some(1 + length)
}

/// The name of a room has a letter, so that `#1` is none.
fn room(rest: &str, line: &mut Line, budget: &mut Budget) -> Option<usize> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
    let name = rest[..end].trim_end_matches('.');
    let is_name = name.len() <= 64 && name.chars().any(|c| c.is_ascii_alphabetic());
    if !is_name {
        return None;
    }
    budget.links = budget.links.checked_sub(1)?;
    line.push(Inline::Room(name.to_owned()), budget);
    Some(1 + name.len())
}
