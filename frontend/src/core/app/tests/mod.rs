//! Stories of the app's logic in virtual time: several tabs of one browser, and a small server.

mod alerts;
mod days;
mod outbox;
mod reading;
mod rooms;
mod sharing;
mod world;
mod writing;
