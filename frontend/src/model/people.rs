//! How people are drawn.

use shared::ids::UserId;

/// How many colours the style sheet has for avatars: `--avatar-0` to `--avatar-7`.
const AVATAR_COLOURS: u32 = 8;

/// The first letters of the first and the last word of a name.
pub(crate) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back();
    let letters: String = first.into_iter().chain(last).flat_map(char::to_uppercase).collect();
    if letters.is_empty() { name.chars().take(1).collect() } else { letters }
}

/// Which of the colours is this user's, the same on every page (FNV-1a).
pub(crate) fn colour(user: &UserId) -> u32 {
    let hash = user
        .as_str()
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, b| (hash ^ u32::from(b)).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 16)) % AVATAR_COLOURS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_short_in_every_script() {
        for (name, shown) in
            [("Ada", "A"), ("ada king lovelace", "AL"), ("林黛玉", "林"), ("🙂", "🙂"), ("(x) y", "XY")]
        {
            assert_eq!(initials(name), shown, "{name}");
        }
    }

    #[test]
    fn colours_are_spread() {
        let used: std::collections::BTreeSet<u32> =
            (0..64).map(|n| colour(&UserId::parse(&format!("guest-{n}")).unwrap())).collect();
        assert_eq!(used.len(), 8);
    }
}
