//! The least there is. The servers written for this bench speak it.

use super::{Place, Role};

/// `/sub/N` follows room N, each text on `/pub/N` goes to who follows it, `/echo` answers each text with itself.
pub(super) fn path(place: Place) -> String {
    match place.role {
        Role::Reader => format!("/sub/{}", place.room),
        Role::Publisher => format!("/pub/{}", place.room),
        Role::Echo => "/echo".to_owned(),
    }
}
