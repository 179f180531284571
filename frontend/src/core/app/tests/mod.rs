//! Stories of the app's logic in virtual time: several tabs of one browser, and a small server.

mod alerts;
mod days;
mod interruptions;
mod outbox;
mod random;
mod reading;
mod renaming;
mod reported;
mod restored;
mod rooms;
mod sharing;
mod storing;
mod world;
mod writing;
