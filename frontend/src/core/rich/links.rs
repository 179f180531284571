//! Finds the end of a web address or an e-mail address.
//!
//! The characters of an address are those of RFC 3986 and letters of all scripts (RFC 3987). Punctuation of other scripts ends it:
//! in Chinese, no blank follows an address.

/// An address in a text.
pub(super) struct Address<'a> {
    /// What it leads to, with its scheme.
    pub(super) href: String,
    /// What was written.
    pub(super) text: &'a str,
}

/// Maximum length of a domain name, in bytes (RFC 1035 section 2.3.4).
const DOMAIN_BYTES_MAX: usize = 253;

/// Maximum length of what is before the `@` of an e-mail address, in bytes (RFC 5321 section 4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;

/// Returns the web address at the start of `text`. `may_end` says whether a marker of emphasis may follow it. The end is searched
/// only after the start of a host. Otherwise a text full of `http` would be read to its end for each of them.
pub(super) fn address<'a>(text: &'a str, may_end: &dyn Fn(char) -> bool) -> Option<Address<'a>> {
    let scheme = ["https://", "http://", "www."]
        .into_iter()
        .find(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))?;
    let after = &text[scheme.len()..];
    let begins_host = |c: char| c.is_alphanumeric() || (c == '[' && scheme != "www.");
    if !after.starts_with(begins_host) {
        return None;
    }
    // Before the end is searched, for the same reason: `www.` and one word are no host.
    if scheme == "www." {
        let is_of_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        let host = &after[..after.find(|c| !is_of_host(c)).unwrap_or(after.len())];
        if !host.trim_end_matches('.').contains('.') {
            return None;
        }
    }
    let end = after.find(ends_address).unwrap_or(after.len());
    let length = scheme.len() + trim_end(&after[..end], may_end).len();
    let text = text.get(..length)?;
    let href = match scheme {
        "www." => format!("https://{text}"),
        _ => format!("{scheme}{}", &text[scheme.len()..]),
    };
    Some(Address { href, text })
}

/// Returns the length in bytes of the part of an e-mail address that ends `before`, an `@`, and the length of the part from the
/// `@` at the start of `text` on.
pub(super) fn email(before: &str, text: &str) -> Option<(usize, usize)> {
    let is_local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._+-".contains(byte);
    let local = before.bytes().rev().take(LOCAL_BYTES_MAX + 1).take_while(is_local).count();
    if local == 0 || local > LOCAL_BYTES_MAX {
        return None;
    }
    let marks =
        before.bytes().skip(before.len() - local).take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    let local = local - marks;
    if local == 0 || before.ends_with('.') {
        return None;
    }
    let after = text.strip_prefix('@')?;
    let is_domain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let length = after.bytes().take(DOMAIN_BYTES_MAX + 1).take_while(is_domain).count();
    let domain = after[..length].trim_end_matches(['.', '-']);
    let (_, top) = domain.rsplit_once('.')?;
    let is_top = top.len() > 1 && top.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_whole = length <= DOMAIN_BYTES_MAX && !domain.starts_with(['.', '-']) && !domain.contains("..");
    (is_top && is_whole).then_some((local, 1 + domain.len()))
}

fn ends_address(c: char) -> bool {
    super::steps::count();
    // Of Chinese and Japanese, of full width, of Arabic, Urdu and Hindi, the dash, and invisible marks.
    let is_foreign_punctuation = matches!(c,
        '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}'
        | '\u{60c}' | '\u{61b}' | '\u{61f}' | '\u{6d4}' | '\u{964}' | '\u{965}' | '\u{2014}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    c.is_whitespace()
        || c.is_control()
        || is_foreign_punctuation
        || matches!(
            c,
            '<' | '>' | '"' | '`' | '|' | '“' | '”' | '‘' | '’' | '«' | '»' | '‹' | '›' | '„' | '‚'
        )
}

/// Removes punctuation at the end, and closing brackets that the address does not open. Such a bracket before a letter of another
/// script ends the address too, as in `(https://example.org/o)和`. Brackets are counted once, and each removal updates the counts.
fn trim_end<'a>(link: &'a str, may_end: &dyn Fn(char) -> bool) -> &'a str {
    const PAIRS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];
    // For each kind: the number of closing brackets minus opening ones.
    let mut excess = [0_isize; PAIRS.len()];
    let mut end = link.len();
    let mut chars = link.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        super::steps::count();
        let mut is_unopened = false;
        for ((open, close), excess) in PAIRS.iter().zip(&mut excess) {
            *excess += isize::from(c == *close) - isize::from(c == *open);
            is_unopened |= c == *close && *excess > 0;
        }
        if is_unopened && chars.peek().is_some_and(|(_, next)| !next.is_ascii()) {
            end = at + 1;
            break;
        }
    }
    link[..end].trim_end_matches(|last: char| {
        super::steps::count();
        let is_marker = matches!(last, '*' | '_' | '~') && may_end(last);
        if is_marker || matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '…') {
            return true;
        }
        let kind = PAIRS.iter().zip(&mut excess).find(|((_, close), _)| *close == last);
        let Some((_, excess)) = kind.filter(|(_, excess)| **excess > 0) else { return false };
        *excess -= 1;
        true
    })
}
