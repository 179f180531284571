//! What a setting is, and the macro that declares all of them.

/// A setting, as `--help` and README.md describe it.
#[derive(Debug)]
pub(super) struct Setting {
    /// Its key in the config file, and its field in `Settings`.
    pub(super) key: &'static str,
    /// Its flag without `--`. A secret has none: other users of the machine can see flags.
    pub(super) flag: Option<&'static str>,
    /// The placeholder of its value, which names the unit: `MS`, `BYTES`, `N`.
    pub(super) unit: &'static str,
    /// Its variable.
    pub(super) variable: &'static str,
    /// Whether the flag can be repeated.
    pub(super) is_list: bool,
    /// The lines of its doc comment, as Markdown.
    pub(super) doc: &'static [&'static str],
    /// Returns the default as a text.
    pub(super) show: fn() -> String,
    /// The description of a default that depends on the machine or the data directory.
    pub(super) described: Option<&'static str>,
}

impl Setting {
    /// Returns what the setting does, as one line of Markdown.
    pub(super) fn effect(&self) -> String {
        self.doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
    }

    /// Returns the default as Markdown: a value as code, a description as text. Empty if there is none.
    pub(super) fn default(&self) -> String {
        match (self.described, (self.show)()) {
            (Some(described), _) => described.to_owned(),
            (None, shown) if shown.is_empty() => shown,
            (None, shown) => format!("`{shown}`"),
        }
    }
}

/// Returns `Some` of a literal, or `None` if there is none.
macro_rules! optional {
    () => {
        None
    };
    ($value:literal) => {
        Some($value)
    };
}

/// Declares the settings. A declaration has a doc comment (the effect, in `--help`, README.md and rustdoc), a flag with the
/// placeholder of its value, a variable, a name (the key in the file), a type and a default. `described` is the text to show
/// instead of the default.
///
/// Generates `Settings` with its defaults, `Given` with the values of one source, and the list `SETTINGS`.
macro_rules! settings {
    ($(
        $(#[doc = $doc:literal])+
        $(#[flag($flag:literal, $unit:literal)])?
        #[variable($variable:literal)]
        $(#[described($described:literal)])?
        $name:ident: $type:ty = $default:expr,
    )+) => {
        /// The settings of a server.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Settings {
            $($(#[doc = $doc])+ pub $name: $type,)+
            /// The namespaces by name. The tables `[namespaces.NAME]` of the file are added to the default ones, or replace them.
            pub namespaces: BTreeMap<Namespace, Policy>,
            /// The keys of the file that a flag or a variable gives another value.
            pub overridden: Vec<Overridden>,
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($name: $default,)+ namespaces: default_namespaces(), overridden: Vec::new() }
            }
        }

        /// The settings that one source gives: the flags, the variables or the file.
        #[derive(Debug, Clone, Default)]
        pub(super) struct Given {
            $(pub(super) $name: Option<$type>,)+
            pub(super) namespaces: BTreeMap<Namespace, Policy>,
        }

        /// All settings, in the order of their declaration.
        pub(super) static SETTINGS: &[Setting] = &[$(Setting {
            key: stringify!($name),
            flag: optional!($($flag)?),
            unit: concat!($($unit)?),
            variable: $variable,
            is_list: <$type as Value>::IS_LIST,
            doc: &[$($doc),+],
            show: || {
                let default: $type = $default;
                default.show()
            },
            described: optional!($($described)?),
        },)+];

        impl Given {
            /// Reads the text of a flag or a variable.
            ///
            /// # Errors
            /// [`ValueError`].
            pub(super) fn read_text(&mut self, setting: &Setting, text: &OsStr) -> Result<(), ValueError> {
                match setting.key {
                    $(stringify!($name) => self.$name = Some(Value::read(text)?),)+
                    _ => {}
                }
                Ok(())
            }

            /// Reads a value of the file. Returns whether there is a setting of this key.
            ///
            /// # Errors
            /// The value has another type.
            pub(super) fn read_toml(&mut self, key: &str, value: toml::Value) -> Result<bool, toml::de::Error> {
                match key {
                    $(stringify!($name) => self.$name = Some(value.try_into()?),)+
                    _ => return Ok(false),
                }
                Ok(true)
            }

            /// Fills in what is not given here from `lower`.
            pub(super) fn or(mut self, lower: Self) -> Self {
                $(self.$name = self.$name.or(lower.$name);)+
                self.namespaces.extend(lower.namespaces);
                self
            }

            /// Returns the keys that `other` gives another value.
            pub(super) fn differing(&self, other: &Self) -> Vec<&'static str> {
                let mut keys = Vec::new();
                $(if self.$name.is_some() && other.$name.is_some() && self.$name != other.$name {
                    keys.push(stringify!($name));
                })+
                keys
            }

            /// Fills in the defaults.
            pub(super) fn or_default(self) -> Settings {
                let Settings { mut namespaces, .. } = Settings::default();
                namespaces.extend(self.namespaces);
                Settings { $($name: self.$name.unwrap_or_else(|| $default),)+ namespaces, overridden: Vec::new() }
            }
        }
    };
}

pub(super) use {optional, settings};
