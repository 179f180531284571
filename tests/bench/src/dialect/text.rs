//! The least there is. The servers written for this bench speak it.

use super::{Place, Role};

/// `/sub/N` follows room N, each text on `/pub/N` goes to who follows it, `/both/N` is both, `/echo/N` answers each text
/// with itself.
pub(super) fn path(place: Place) -> String {
    let verb = match place.role {
        Role::Reader => "sub",
        Role::Publisher => "pub",
        Role::Member => "both",
        Role::Echo => "echo",
    };
    format!("/{verb}/{}", place.room)
}
