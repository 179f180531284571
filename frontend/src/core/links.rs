//! Finds the web addresses in a text. The rest of a message is shown as plain text.
//!
//! Anybody may write the text, and every reader's browser parses it. So the cost is linear in its length, and the number of
//! links is limited.

/// Maximum number of links in one text. Further addresses stay text, because each link is an element of the page.
const LINKS_MAX: usize = 100;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    /// An `http:` or `https:` address.
    Link(String),
}

/// Splits `text` into addresses and the text between them. All pieces together are the text.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut rest, mut rest_at, mut links) = (text, 0, 0);
    for (start, _) in text.match_indices("http") {
        if links == LINKS_MAX {
            break;
        }
        // A start below `rest_at` is part of the last link.
        let Some((before, from)) = start.checked_sub(rest_at).and_then(|at| rest.split_at_checked(at)) else {
            continue;
        };
        let begins_word = before.chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        let Some(link) = begins_word.then(|| link_at_start(from)).flatten() else { continue };
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        pieces.push(Piece::Link(link.to_owned()));
        links += 1;
        rest_at = start + link.len();
        rest = text.get(rest_at..).unwrap_or_default();
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    pieces
}

/// Returns the address at the start of `text`. It searches the end only after the start of a host. Otherwise a text full of
/// `http` would be read to its end for each of them.
fn link_at_start(text: &str) -> Option<&str> {
    let after_scheme = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))?;
    let begins_host = |c: char| c.is_alphanumeric() || c == '[';
    after_scheme
        .starts_with(begins_host)
        .then(|| trim_end(text.split(ends_address).next().unwrap_or_default()))
}

fn ends_address(c: char) -> bool {
    steps::count();
    c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '“' | '”' | '«' | '»')
}

/// Removes punctuation at the end, and closing brackets that the address does not open. Brackets are counted once, and
/// each removal updates the counts.
fn trim_end(link: &str) -> &str {
    const PAIRS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];
    // For each kind: the number of closing brackets minus opening ones.
    let mut excess = [0_isize; PAIRS.len()];
    for c in link.chars() {
        steps::count();
        for ((open, close), excess) in PAIRS.iter().zip(&mut excess) {
            *excess += isize::from(c == *close) - isize::from(c == *open);
        }
    }
    link.trim_end_matches(|last: char| {
        steps::count();
        if matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '…' | '。' | '，') {
            return true;
        }
        let kind = PAIRS.iter().zip(&mut excess).find(|((_, close), _)| *close == last);
        let Some((_, excess)) = kind.filter(|(_, excess)| **excess > 0) else { return false };
        *excess -= 1;
        true
    })
}

/// Counts how often a character is read, for the test of the cost.
mod steps {
    #[cfg(test)]
    thread_local! {
        pub(super) static TAKEN: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    pub(super) fn count() {
        #[cfg(test)]
        TAKEN.set(TAKEN.get() + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<String> {
        let all = pieces(text);
        let joined: String = all
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Link(text) => text.as_str(),
            })
            .collect();
        assert_eq!(joined, text, "nothing is lost");
        all.into_iter()
            .filter_map(|piece| if let Piece::Link(link) = piece { Some(link) } else { None })
            .collect()
    }

    #[test]
    fn addresses_are_found_in_sentences() {
        assert_eq!(links("see https://example.org/a?b=c#d, please."), ["https://example.org/a?b=c#d"]);
        assert_eq!(links("(http://localhost:9501)"), ["http://localhost:9501"]);
        assert_eq!(links("https://en.wikipedia.org/wiki/A_(b)"), ["https://en.wikipedia.org/wiki/A_(b)"]);
        assert_eq!(links("http://a.example\nhttps://b.example"), ["http://a.example", "https://b.example"]);
        assert_eq!(links("看https://例子.cn。好"), Vec::<String>::new());
        assert_eq!(links("看 https://例子.cn/路。"), ["https://例子.cn/路"]);
    }

    #[test]
    fn nothing_else_becomes_a_link() {
        for text in [
            "",
            "javascript:alert(1)",
            "http://",
            "https:// x",
            "xhttp://a.example",
            "ftp://a",
            "http",
            "HTTP",
        ] {
            assert_eq!(links(text), Vec::<String>::new(), "{text}");
        }
    }

    /// Returns how often a character of `text` is read.
    fn steps_of(text: &str) -> usize {
        steps::TAKEN.set(0);
        links(text);
        steps::TAKEN.get()
    }

    #[test]
    fn the_work_grows_with_the_text_and_no_faster() {
        const BYTES: usize = 16_384;
        let hostile = ["http://a", "https://a", "xhttp://a", "http", "http://", "(http://a", "http://a "];
        for head in hostile {
            for tail in [")", "(", "()", ")(", "]})", "]}", ".", "…", "http://a", "xhttp://a", "(a)", "a"] {
                let text = format!("{head}{}", tail.repeat(BYTES / tail.len()));
                let steps = steps_of(&text);
                assert!(steps <= 3 * text.len() + 64, "{steps} steps for {head} and many {tail}");
            }
        }
    }

    #[test]
    fn no_text_is_lost_whatever_it_is_made_of() {
        const PARTS: [&str; 20] = [
            "http",
            "https",
            "://",
            "http://a",
            "https://b.example/",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ".",
            "。",
            "…",
            " ",
            "é",
            "x",
            "<",
            "\u{202e}",
            "🙂",
        ];
        // A linear congruential generator (Knuth): the same texts on every run.
        let mut state = 1_u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        for _ in 0..2_000 {
            let text: String = (0..next(60)).map(|_| PARTS[next(PARTS.len())]).collect();
            // `links` compares the pieces with the text.
            let steps = steps_of(&text);
            assert!(steps <= 3 * text.len() + 64, "{steps} steps for {text}");
        }
    }

    #[test]
    fn only_so_many_addresses_become_links() {
        let text = "http://a.example ".repeat(LINKS_MAX + 50);
        assert_eq!(links(&text).len(), LINKS_MAX);
    }

    #[test]
    fn brackets_that_the_address_opens_stay() {
        assert_eq!(
            links("http://a/(b)) http://a/((b))) http://a/[x]] http://a/{x}}"),
            ["http://a/(b)", "http://a/((b))", "http://a/[x]", "http://a/{x}",]
        );
        assert_eq!(links("(http://a/).)"), ["http://a/"]);
    }

    #[test]
    fn markup_ends_an_address() {
        assert_eq!(links("<a href=\"https://a.example/x\">"), ["https://a.example/x"]);
    }
}
