//! Finds the blocks of a text, line by line.

use super::inline::{Budget, inline};
use super::tree::{Block, Item};

/// Maximum depth of quotes in quotes. Deeper markers are text.
const QUOTES_MAX: usize = 3;

/// Maximum indentation of an item of a list, in steps of two blanks.
pub(crate) const INDENT_MAX: usize = 3;

/// Minimum number of backticks of a line that begins or ends a block of code. A block ends with as many as it begins with, or more.
const FENCE_TICKS_MIN: usize = 3;

/// Parses a text. `mention` returns the length in bytes of the name at the start of a text that follows an `@`, if it is the name
/// of somebody who can be mentioned.
pub(crate) fn parse(text: &str, mention: &dyn Fn(&str) -> Option<usize>) -> Vec<Block> {
    let mut budget = Budget::new(mention);
    blocks(text, 0, &mut budget)
}

fn blocks(text: &str, depth: usize, budget: &mut Budget) -> Vec<Block> {
    let lines: Vec<&str> = text.split('\n').collect();
    let ends = longest_ends(&lines);
    let mut blocks = Vec::new();
    let mut paragraph: Option<usize> = None;
    let mut at = 0;
    while at < lines.len() {
        let is_code = fence_ticks(lines[at]).is_some_and(|ticks| ticks <= ends[at + 1]);
        let is_quote = depth < QUOTES_MAX && quote_mark(lines[at]).is_some();
        let begins = is_code || is_quote || item_mark(lines[at]).is_some();
        // The limits reach what comes first.
        if begins
            && !budget.is_spent()
            && let Some(from) = paragraph.take()
        {
            blocks.push(Block::Paragraph(inline(&lines[from..at].join("\n"), budget)));
        }
        let block = if !begins || budget.is_spent() {
            None
        } else if is_code {
            code(&lines, at)
        } else if is_quote {
            Some(quote(&lines, at, depth, budget))
        } else {
            Some(list(&lines, at, budget))
        };
        match block {
            Some((block, next)) => {
                budget.spend();
                blocks.push(block);
                at = next;
            }
            None => {
                paragraph.get_or_insert(at);
                at += 1;
            }
        }
    }
    blocks.extend(paragraph.map(|from| Block::Paragraph(inline(&lines[from..].join("\n"), budget))));
    blocks
}

/// Returns the number of backticks of a line that begins a block of code: a fence, and perhaps the name of a language.
fn fence_ticks(line: &str) -> Option<usize> {
    let language = line.trim_start_matches('`');
    let ticks = line.len() - language.len();
    let language = language.trim();
    let is_language =
        language.len() <= 32 && language.chars().all(|c| c.is_ascii_alphanumeric() || "+-#._".contains(c));
    (ticks >= FENCE_TICKS_MIN && is_language).then_some(ticks)
}

/// Returns the number of backticks of a line that ends a block of code, 0 if it is no such line.
fn end_ticks(line: &str) -> usize {
    let rest = line.trim_start_matches('`');
    if rest.trim().is_empty() { line.len() - rest.len() } else { 0 }
}

/// Returns for each line, and for the end of the text, the longest end of a block of code from there on. A fence without an end is
/// text, and to search for the end after each fence would be quadratic.
fn longest_ends(lines: &[&str]) -> Vec<usize> {
    let mut ends = vec![0; lines.len() + 1];
    for at in (0..lines.len()).rev() {
        ends[at] = end_ticks(lines[at]).max(ends[at + 1]);
    }
    ends
}

fn code(lines: &[&str], at: usize) -> Option<(Block, usize)> {
    let ticks = fence_ticks(lines[at])?;
    let length = lines[at + 1..].iter().position(|line| end_ticks(line) >= ticks)?;
    let end = at + 1 + length;
    let text = (length > 0).then(|| lines[at + 1..end].join("\n"));
    Some((Block::Code { fence: lines[at].to_owned(), text, end: lines[end].to_owned() }, end + 1))
}

/// Returns the marker of a quoted line.
fn quote_mark(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('>')?;
    // `>:(` and `>5` are no quotes.
    match rest.chars().next() {
        Some(' ') => Some(&line[..2]),
        None | Some('>') => Some(&line[..1]),
        Some(_) => None,
    }
}

fn quote(lines: &[&str], at: usize, depth: usize, budget: &mut Budget) -> (Block, usize) {
    let quoted =
        lines[at..].iter().map_while(|line| quote_mark(line).map(|mark| (mark, &line[mark.len()..])));
    let (marks, texts): (Vec<&str>, Vec<&str>) = quoted.unzip();
    let next = at + marks.len();
    let marks = marks.into_iter().map(str::to_owned).collect();
    (Block::Quote { marks, blocks: blocks(&texts.join("\n"), depth + 1, budget) }, next)
}

/// Returns the marker of an item, its indentation, and its number.
fn item_mark(line: &str) -> Option<(&str, usize, Option<u32>)> {
    let trimmed = line.trim_start_matches(' ');
    let blanks = line.len() - trimmed.len();
    let indent = blanks / 2;
    if indent > INDENT_MAX {
        return None;
    }
    let digits = trimmed.len() - trimmed.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (mark, number) = if digits > 0 {
        let number = trimmed[..digits].parse().ok().filter(|_| digits <= 6)?;
        (digits + 2, Some(number))
    } else {
        (2, None)
    };
    let has_mark = match number {
        Some(_) => [". ", ") "].iter().any(|end| trimmed[digits..].starts_with(end)),
        None => ["- ", "* ", "• "].iter().any(|mark| trimmed.starts_with(mark)),
    };
    let mark = if trimmed.starts_with('•') { '•'.len_utf8() + 1 } else { mark };
    let length = blanks + mark;
    // Without content, it is not an item yet.
    (has_mark && !line[length..].trim().is_empty()).then(|| (&line[..length], indent, number))
}

fn list(lines: &[&str], at: usize, budget: &mut Budget) -> (Block, usize) {
    let mut items = Vec::new();
    for line in &lines[at..] {
        let Some((mark, indent, number)) = item_mark(line).filter(|_| !budget.is_spent()) else { break };
        budget.spend();
        let content = inline(&line[mark.len()..], budget);
        items.push(Item { mark: mark.to_owned(), indent, number, content });
    }
    let next = at + items.len();
    (Block::List(items), next)
}
