//! The fixed texts, and where the app shows each of them.

/// The fixed texts of one language.
///
/// A field is named after its purpose. If its text is not visible but a tooltip, or a label for screen readers, its comment
/// says so. Texts that two places share today have two fields if another language may need two words.
pub(crate) struct Words {
    // Everywhere.
    /// Name of the product.
    pub(crate) app: &'static str,
    /// Label of a button that closes a panel.
    pub(crate) close: &'static str,
    pub(crate) cancel: &'static str,
    pub(crate) try_again: &'static str,
    /// Label of the link for the keyboard that skips the list of rooms.
    pub(crate) skip_to_conversation: &'static str,

    // Dates.
    pub(crate) today: &'static str,
    pub(crate) yesterday: &'static str,

    // Welcome.
    pub(crate) welcome_title: &'static str,
    pub(crate) welcome_text: &'static str,
    pub(crate) your_name: &'static str,
    /// Placeholder with an example of a name.
    pub(crate) name_example: &'static str,
    pub(crate) start: &'static str,
    pub(crate) welcome_note: &'static str,

    // Problems with a name.
    pub(crate) name_missing: &'static str,
    /// The name contains a line break, a control character or a mark that changes the direction of text.
    pub(crate) name_unprintable: &'static str,

    // Connection.
    pub(crate) not_connected: &'static str,
    pub(crate) connecting: &'static str,
    pub(crate) reconnecting: &'static str,
    pub(crate) online: &'static str,
    /// The server closed the connection without a reason.
    pub(crate) disconnected: &'static str,
    /// The same before the server's reason, which follows as a text of its own.
    pub(crate) disconnected_because: &'static str,
    pub(crate) retry_now: &'static str,
    pub(crate) reconnect: &'static str,
    /// For screen readers, when the connection is lost. It does not count seconds.
    pub(crate) connection_lost: &'static str,
    /// For screen readers, when the server closed the connection.
    pub(crate) disconnected_by_server: &'static str,

    // Rooms.
    pub(crate) rooms: &'static str,
    pub(crate) jump_to_room: &'static str,
    /// Tooltip with the shortcut.
    pub(crate) jump_to_room_title: &'static str,
    /// Label of the field for the name of a room.
    pub(crate) room: &'static str,
    pub(crate) room_placeholder: &'static str,
    /// At a room of the switcher that is not open in this browser. It may exist on the server.
    pub(crate) join_or_create: &'static str,
    pub(crate) room_name_invalid: &'static str,
    /// Tooltip of the mark at a room.
    pub(crate) message_failed_here: &'static str,
    /// For screen readers, after the number of unread messages. Starts with a space.
    pub(crate) unread_suffix: &'static str,
    /// The same if one of them mentions the reader. Starts with a space.
    pub(crate) unread_mention_suffix: &'static str,

    // Messages of a room.
    pub(crate) quiet_hint: &'static str,
    pub(crate) offline_title: &'static str,
    pub(crate) offline_hint: &'static str,
    /// For screen readers.
    pub(crate) loading_messages: &'static str,
    pub(crate) loading_older: &'static str,
    pub(crate) load_older: &'static str,
    /// Messages between loaded ones could not be loaded.
    pub(crate) hole_refused: &'static str,
    pub(crate) jump_to_newest: &'static str,
    /// On the line above the first unread message.
    pub(crate) new: &'static str,
    pub(crate) some_expired: &'static str,
    pub(crate) room_reset: &'static str,

    // One message.
    /// After the text of an edited message. Starts with a space.
    pub(crate) edited_suffix: &'static str,
    pub(crate) message_deleted: &'static str,
    /// Tooltips of the sign that shows the state of an own message.
    pub(crate) sending: &'static str,
    pub(crate) sent: &'static str,
    pub(crate) not_sent: &'static str,
    pub(crate) retry: &'static str,
    pub(crate) delete: &'static str,
    pub(crate) edit: &'static str,
    /// Tooltip of the button that reacts.
    pub(crate) react: &'static str,
    /// Label of the button that reacts with 👍.
    pub(crate) react_thumbs_up: &'static str,
    /// Text of the link of a notification.
    pub(crate) open_link: &'static str,

    // Composer.
    pub(crate) editing: &'static str,
    pub(crate) send: &'static str,
    /// Tooltip with the shortcut.
    pub(crate) send_title: &'static str,

    // Members.
    /// Label of the column with the members.
    pub(crate) who_is_here: &'static str,
    /// Heading over the members.
    pub(crate) here_now: &'static str,
    /// The same while the app is not connected.
    pub(crate) last_seen_here: &'static str,
    pub(crate) members: &'static str,
    pub(crate) no_members: &'static str,
    /// Behind the reader's own name.
    pub(crate) you_mark: &'static str,

    // Top bar.
    pub(crate) menu: &'static str,
    pub(crate) notifications: &'static str,
    /// The panel with the reader's own name.
    pub(crate) you: &'static str,
    pub(crate) wire: &'static str,
    /// Label of the button that opens the wire panel.
    pub(crate) wire_label: &'static str,

    // Notifications.
    pub(crate) no_notifications_title: &'static str,
    pub(crate) no_notifications: &'static str,
    pub(crate) clear_all: &'static str,
    pub(crate) allow_desktop: &'static str,
    pub(crate) desktop_blocked: &'static str,
    pub(crate) desktop_insecure: &'static str,
    /// Label of the button that closes a toast.
    pub(crate) dismiss: &'static str,

    // Toasts.
    /// Title of a notification that has no sender and no title.
    pub(crate) message_for_you: &'static str,
    /// Title above the reason why something was refused that has no place of its own in the app.
    pub(crate) refused_title: &'static str,
    pub(crate) copied: &'static str,
    pub(crate) not_copied: &'static str,
    pub(crate) copying_blocked: &'static str,
    /// Title above one of the next two.
    pub(crate) at_risk_title: &'static str,
    /// The browser's storage is full.
    pub(crate) at_risk_full: &'static str,
    /// Without https the browser stores messages for one tab only.
    pub(crate) at_risk_insecure: &'static str,

    // The reader's own panel.
    pub(crate) name: &'static str,
    pub(crate) save: &'static str,
    pub(crate) user: &'static str,
    pub(crate) user_unknown: &'static str,
    pub(crate) copy_user: &'static str,
    pub(crate) connection: &'static str,
    pub(crate) no_connection: &'static str,
    /// Label of the button at a block of code.
    pub(crate) copy_code: &'static str,
    pub(crate) copy_connection: &'static str,
    pub(crate) ids_hint: &'static str,
    /// The link behind that hint, to the page that sends a push.
    pub(crate) ids_try: &'static str,

    // Keyboard shortcuts.
    pub(crate) shortcuts: &'static str,
    /// Keys, separated by spaces, and their effect.
    pub(crate) shortcut_list: [(&'static str, &'static str); 9],

    // Wire panel.
    pub(crate) heartbeats: &'static str,
    pub(crate) pause: &'static str,
    pub(crate) clear: &'static str,
    pub(crate) close_wire: &'static str,
    pub(crate) wire_empty: &'static str,
    /// For screen readers: the kinds of rows.
    pub(crate) wire_opened: &'static str,
    pub(crate) wire_sent: &'static str,
    pub(crate) wire_received: &'static str,
    pub(crate) wire_closed: &'static str,
    /// Reason of a connection that the app closed.
    pub(crate) wire_closed_by_app: &'static str,
    /// Stands for a secret.
    pub(crate) hidden: &'static str,

    // Push page.
    pub(crate) push: &'static str,
    pub(crate) push_intro: &'static str,
    pub(crate) api_key: &'static str,
    pub(crate) api_key_hint: &'static str,
    pub(crate) show: &'static str,
    pub(crate) hide: &'static str,
    pub(crate) push_to: &'static str,
    /// Placeholders for the recipient.
    pub(crate) user_example: &'static str,
    pub(crate) connection_example: &'static str,
    pub(crate) recipient: &'static str,
    pub(crate) push_type: &'static str,
    pub(crate) notification: &'static str,
    pub(crate) chat_message: &'static str,
    pub(crate) title: &'static str,
    pub(crate) title_example: &'static str,
    pub(crate) level: &'static str,
    pub(crate) text: &'static str,
    pub(crate) link: &'static str,
    pub(crate) push_sending: &'static str,
    pub(crate) push_send: &'static str,
    pub(crate) curl_title: &'static str,
    pub(crate) copy: &'static str,
    /// The server accepted the request and said nothing else.
    pub(crate) push_done: &'static str,
    pub(crate) server_unreachable: &'static str,

    // Problems with the form of the push page.
    pub(crate) user_invalid: &'static str,
    pub(crate) connection_invalid: &'static str,
    pub(crate) title_missing: &'static str,
    pub(crate) text_missing: &'static str,
    pub(crate) payload_too_long: &'static str,
    pub(crate) link_invalid: &'static str,
}
