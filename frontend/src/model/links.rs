//! Finds the web addresses in a text. Nothing else of a message is ever more than text.

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    /// An `http:` or `https:` address.
    Link(String),
}

/// Cuts `text` into what is an address and what is not. Joined again, the pieces are the text.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut plain = String::new();
    while let Some(start) = next_start(rest) {
        let (before, from) = rest.split_at(start);
        let link = trim_end(from.split(ends_address).next().unwrap_or_default());
        let begins_word =
            before.chars().next_back().or(plain.chars().next_back()).is_none_or(|c| !c.is_alphanumeric());
        let host = link.split_once("://").map_or("", |(_, host)| host);
        plain.push_str(before);
        let taken = if begins_word && host.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '[') {
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Link(link.to_owned()));
            link.len()
        } else {
            plain.push_str("http");
            "http".len()
        };
        rest = from.get(taken..).unwrap_or_default();
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    pieces
}

fn next_start(text: &str) -> Option<usize> {
    [text.find("http://"), text.find("https://")].into_iter().flatten().min()
}

fn ends_address(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '“' | '”' | '«' | '»')
}

/// What ends a sentence does not belong to the address, nor does a bracket that was opened before it.
fn trim_end(mut link: &str) -> &str {
    loop {
        let Some(last) = link.chars().next_back() else { return link };
        let opened = |open: char| link.matches(open).count() >= link.matches(last).count();
        let cut = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '…' | '。' | '，' => true,
            ')' => !opened('('),
            ']' => !opened('['),
            '}' => !opened('{'),
            _ => false,
        };
        if !cut {
            return link;
        }
        link = link.strip_suffix(last).unwrap_or(link);
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

    #[test]
    fn markup_ends_an_address() {
        assert_eq!(links("<a href=\"https://a.example/x\">"), ["https://a.example/x"]);
    }
}
