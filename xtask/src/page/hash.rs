//! Names that contain a hash of the content, so that a browser may cache a file for ever.

/// Returns the hash of `contents`, as 16 hexadecimal digits. The server recognises names by them.
///
/// FNV-1a is enough: it distinguishes versions, and an attacker gains nothing from a collision.
pub(super) fn of(contents: &[&[u8]]) -> String {
    let bytes = contents.iter().copied().flatten();
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_the_content() {
        assert_eq!(of(&[b"a"]), "af63dc4c8601ec8c");
        assert_eq!(of(&[b"ab", b"c"]), of(&[b"abc"]));
        assert_ne!(of(&[b"abc"]), of(&[b"abd"]));
    }
}
