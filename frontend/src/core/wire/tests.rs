use super::*;

fn frame(text: impl Into<String>) -> Frame {
    Frame::new(WireKind::Received, Timestamp(0), text.into())
}

fn add(log: &mut WireLog, texts: impl IntoIterator<Item = impl Into<String>>) {
    texts.into_iter().for_each(|text| log.add(Arc::new(frame(text))));
}

/// Frames of this many bytes.
fn of_bytes(bytes: usize, count: usize) -> impl Iterator<Item = String> {
    std::iter::repeat_n("x".repeat(bytes), count)
}

/// The kept texts' number and bytes, counted anew.
fn kept(frames: &Frames) -> (usize, usize) {
    let bytes = frames.frames.iter().map(|frame| frame.text.len()).sum();
    assert_eq!(frames.bytes, bytes);
    (frames.frames.len(), bytes)
}

/// Follows the log as often as the panel does. Returns how often.
fn follow(rows: &mut WireRows, log: &WireLog, with_heartbeats: bool) -> usize {
    1 + std::iter::repeat_with(|| rows.follow(log, with_heartbeats)).take_while(|done| done.is_behind).count()
}

fn numbers(rows: &WireRows) -> Vec<u64> {
    rows.rows.iter().map(|row| row.number).collect()
}

#[test]
fn the_log_is_bounded_in_frames() {
    let mut log = WireLog::default();
    log.set_open(true);
    add(&mut log, ["{}"; 600]);
    assert_eq!((kept(&log.frames).0, log.frames.dropped), (500, 100));
}

#[test]
fn the_log_is_bounded_in_bytes_and_keeps_less_while_the_panel_is_closed() {
    let mut log = WireLog::default();
    add(&mut log, of_bytes(16 * 1024, 100));
    assert_eq!(kept(&log.frames), (8, BYTES_CLOSED_MAX), "the bound itself is kept");
    log.set_open(true);
    add(&mut log, of_bytes(16 * 1024, 100));
    assert_eq!(kept(&log.frames), (64, BYTES_MAX));
    add(&mut log, of_bytes(1, 1));
    assert_eq!(kept(&log.frames), (64, BYTES_MAX - 16 * 1024 + 1), "a byte more drops the oldest");
    log.set_open(false);
    assert_eq!(kept(&log.frames), (8, 7 * 16 * 1024 + 1));
}

#[test]
fn frames_that_wait_for_the_log_are_bounded_too() {
    let mut frames = Frames::default();
    of_bytes(16 * 1024, 100).for_each(|text| frames.push(frame(text)));
    assert_eq!(kept(&frames), (64, BYTES_MAX));
    assert_eq!(frames.into_iter().count(), 64);
}

#[test]
fn a_large_frame_is_cut_between_two_characters() {
    let whole = frame("ä".repeat(TEXT_BYTES_MAX / 2));
    assert_eq!((whole.text.len(), whole.bytes), (TEXT_BYTES_MAX, TEXT_BYTES_MAX));
    let cut = frame(format!("x{}", "ä".repeat(TEXT_BYTES_MAX)));
    assert_eq!((cut.text.len(), cut.bytes), (TEXT_BYTES_MAX - 1, 2 * TEXT_BYTES_MAX + 1));
    assert!(cut.text.capacity() < TEXT_BYTES_MAX + 64, "the rest is given back");
    assert!(cut.pretty().ends_with("ä…"));
}

#[test]
fn a_paused_log_adds_nothing_and_a_cleared_one_is_empty() {
    let mut log = WireLog::default();
    add(&mut log, ["{}"; 3]);
    log.toggle_pause();
    add(&mut log, ["{}"; 3]);
    assert_eq!(kept(&log.frames).0, 3);
    log.clear();
    assert_eq!(kept(&log.frames), (0, 0));
    log.toggle_pause();
    add(&mut log, ["{}"; 2]);
    assert_eq!(kept(&log.frames).0, 2);
}

#[test]
fn the_panel_adds_few_rows_at_a_time_until_it_has_all() {
    let mut log = WireLog::default();
    let mut rows = WireRows::default();
    add(&mut log, ["{}"; 60]);
    assert_eq!(rows.follow(&log, false), Followed { changed: true, is_behind: true });
    assert_eq!(numbers(&rows), (0..24).collect::<Vec<_>>());
    assert_eq!(follow(&mut rows, &log, false), 2);
    assert_eq!(numbers(&rows), (0..60).collect::<Vec<_>>());
    assert_eq!(rows.follow(&log, false), Followed { changed: false, is_behind: false });
}

#[test]
fn the_panel_drops_what_the_log_drops_and_has_no_hole() {
    let mut log = WireLog::default();
    let mut rows = WireRows::default();
    add(&mut log, ["{}"; 500]);
    follow(&mut rows, &log, false);
    // More in a frame than the panel adds, for long.
    for _ in 0..100 {
        add(&mut log, ["{}"; 100]);
        rows.follow(&log, false);
        let shown = numbers(&rows);
        assert!(shown.len() <= FRAMES_MAX && shown.windows(2).all(|two| two[0] + 1 == two[1]), "{shown:?}");
    }
    follow(&mut rows, &log, false);
    assert_eq!(numbers(&rows), (10_000..10_500).collect::<Vec<_>>());
    log.clear();
    assert_eq!(rows.follow(&log, false), Followed { changed: true, is_behind: false });
    assert!(rows.is_empty());
    add(&mut log, ["{}"]);
    follow(&mut rows, &log, false);
    assert_eq!(numbers(&rows), [10_500]);
}

#[test]
fn heartbeats_are_shown_if_they_are_wanted() {
    let mut log = WireLog::default();
    let mut rows = WireRows::default();
    add(
        &mut log,
        [r#"{"type":"welcome","user":"ada"}"#, r#"{"type":"heartbeat","at":1}"#, r#"{"type":"page"}"#],
    );
    let mut names = |with| {
        follow(&mut rows, &log, with);
        rows.to_vec().iter().map(|row| row.frame.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(false), ["welcome", "page"]);
    assert_eq!(names(true), ["welcome", "heartbeat", "page"]);
    assert_eq!(names(false), ["welcome", "page"]);
}

#[test]
fn the_token_is_not_shown() {
    let frame = frame(r#"{"type":"welcome","token":"secret"}"#);
    assert!(!frame.pretty().contains("secret") && !frame.brief().contains("secret"));
}

#[test]
fn a_row_previews_the_channel_and_the_payload() {
    let brief = |text: &str| frame(text).brief();
    assert_eq!(brief(r#"{"type":"accepted","id":2}"#), "");
    assert_eq!(brief(r#"{"type":"subscribe","channel":"room:lobby"}"#), "room:lobby");
    let publish = r#"{"type":"publish","channel":"room:lobby","payload":{"type":"chat","text":"Hello"}}"#;
    assert_eq!(brief(publish), r#"room:lobby {"type":"chat","text":"Hello"}}"#);
    let long = format!(r#"{{"type":"push","payload":"{}"}}"#, "ä".repeat(500));
    assert_eq!(brief(&long).chars().count(), PREVIEW_CHARS_MAX);
}
