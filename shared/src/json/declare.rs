//! Declares the types of the protocol once: the type, its form for serde, and its reader and writer for the app.
//!
//! The server uses serde's derived code. In the app, it would add 33 KB of brotli to 207 KB: serde's derive buffers each tagged
//! message, and compiles a visitor per type. Without tagged enums (first the tag, then a derived struct) it would still add
//! 19 KB. The code that these macros make adds 0.1 KB over code written by hand.

/// Declares an object. Each `[how]` before it adds one way to read or write it:
///
/// - `[Read]`: [`ReadFields`](super::ReadFields) for the app.
/// - `[Write]`: [`WriteFields`](super::WriteFields) for the app.
/// - `[Decode]`: `decode` for the server, with serde. It refuses a second `type`.
///
/// A field may end with `= default` (absent means the default) or `= flatten` (its fields belong to this object). A field
/// of type `Option` may be absent; it needs serde's `skip_serializing_if`.
macro_rules! object {
    (
        $([$how:ident])+
        $(#[$meta:meta])*
        pub struct $name:ident $(<$generic:ident = $default:ty>)? {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty $(= $kind:ident)?,)+
        }
    ) => {
        $(#[$meta])*
        pub struct $name $(<$generic = $default>)? {
            $($(#[$field_meta])* $(#[serde($kind)])? pub $field: $type,)+
        }
        $crate::json::declare::object!(
            @each $([$how])+ $name [$($generic)?] { $($field: $type $(= $kind)?,)+ }
        );
    };

    (@each $name:ident $($rest:tt)*) => {};
    (@each [$how:ident] $([$more:ident])* $name:ident $generics:tt $body:tt) => {
        $crate::json::declare::object!(@$how $name $generics $body);
        $crate::json::declare::object!(@each $([$more])* $name $generics $body);
    };

    (@Read $name:ident [$($generic:ident)?] { $($field:ident: $type:ty $(= $kind:ident)?,)+ }) => {
        impl $crate::json::ReadFields for $name {
            fn read_fields(fields: &mut $crate::json::Fields) -> Result<Self, $crate::json::Unreadable> {
                Ok(Self { $($field: $crate::json::declare::read!(fields, $field $(, $kind)?),)+ })
            }
        }
    };

    (@Write $name:ident [$($generic:ident)?] { $($field:ident: $type:ty,)+ }) => {
        impl $crate::json::WriteFields for $name {
            fn write_fields(&self, to: &mut $crate::json::Writer<'_>) {
                $(to.field(stringify!($field), &self.$field);)+
            }
        }
    };

    (@Decode $name:ident [$($generic:ident)?] { $($field:ident: $type:ty,)+ }) => {
        #[cfg(feature = "server")]
        impl $(<$generic>)? $name $(<$generic>)? {
            /// Reads the whole message from its JSON.
            ///
            /// # Errors
            /// `ReadError` if a field is missing or invalid.
            #[allow(clippy::needless_lifetimes, reason = "a generic message names the lifetime in its bound")]
            pub(super) fn decode<'de>(text: &'de str) -> Result<Self, $crate::json::ReadError>
            where
                $($generic: serde::Deserialize<'de>,)?
            {
                #[derive(serde::Deserialize)]
                struct Tagged $(<$generic>)? {
                    #[serde(rename = "type")]
                    _kind: serde::de::IgnoredAny,
                    $($field: $type,)+
                }
                let Tagged { $($field,)+ .. } = $crate::json::from_text::<Tagged $(<$generic>)?>(text)?;
                Ok(Self { $($field,)+ })
            }
        }
    };
}

/// Declares a choice of objects that a field, the tag, tells apart. `[Read]`, `[Write]` and `[Decode]` are as for
/// [`object`]. `[Try]` adds `read_variant` for the app, which reads the fields of one variant.
///
/// A variant of a later version is read as the one after `..`; its field, if it has one, keeps the tag.
macro_rules! tagged {
    (
        $([$how:ident])+
        $(#[$meta:meta])*
        pub enum $name:ident $(<$generic:ident = $default:ty>)? by $tag:literal {
            $(
                $(#[$variant_meta:meta])*
                $variant:ident = $value:literal
                $(($inner:ty))?
                $({ $($(#[$field_meta:meta])* $field:ident: $type:ty $(= $kind:ident)?,)+ })?
                ,
            )+
            $(
                ..
                $(#[$unknown_meta:meta])*
                $unknown:ident $({ $(#[$key_meta:meta])* $key:ident: $key_type:ty, })?
                ,
            )?
        }
    ) => {
        $(#[$meta])*
        #[serde(tag = $tag)]
        pub enum $name $(<$generic = $default>)? {
            $(
                $(#[$variant_meta])*
                #[serde(rename = $value)]
                $variant $(($inner))? $({ $($(#[$field_meta])* $(#[serde($kind)])? $field: $type,)+ })?,
            )+
            $($(#[$unknown_meta])* $unknown $({ $(#[$key_meta])* $key: $key_type, })?,)?
        }

        impl $name {
            /// Each value of the tag, in the order of the variants.
            pub const TYPES: &'static [&'static str] = &[$($value,)+];
        }

        $crate::json::declare::tagged!(
            @each $([$how])+ $name [$($generic)?] {
                $tag
                $($variant = $value $(($inner))? $({ $($field: $type $(= $kind)?,)+ })?,)+
                $(.. $unknown $({ $key })?,)?
            }
        );
    };

    (@each $name:ident $($rest:tt)*) => {};
    (@each [$how:ident] $([$more:ident])* $name:ident $generics:tt $body:tt) => {
        $crate::json::declare::tagged!(@$how $name $generics $body);
        $crate::json::declare::tagged!(@each $([$more])* $name $generics $body);
    };

    (@Read $name:ident [$($generic:ident)?] { $tag:literal $($body:tt)+ }) => {
        $crate::json::declare::tagged!(@Try $name [] { $tag $($body)+ });
        impl $crate::json::ReadFields for $name {
            fn read_fields(fields: &mut $crate::json::Fields) -> Result<Self, $crate::json::Unreadable> {
                let value: String = fields.read($tag)?;
                Self::read_variant(&value, fields)
            }
        }
    };

    (@Try $name:ident [$($generic:ident)?] {
        $tag:literal
        $(
            $variant:ident = $value:literal
            $(($inner:ty))?
            $({ $($field:ident: $type:ty $(= $kind:ident)?,)+ })?
            ,
        )+
        .. $unknown:ident $({ $key:ident })?,
    }) => {
        impl $name {
            fn read_variant(
                value: &str,
                fields: &mut $crate::json::Fields,
            ) -> Result<Self, $crate::json::Unreadable> {
                Ok(match value {
                    $($value => Self::$variant
                        $(($crate::json::declare::read!(fields, of $inner)))?
                        $({ $($field: $crate::json::declare::read!(fields, $field $(, $kind)?),)+ })?,)+
                    _ => Self::$unknown $({ $key: value.to_owned() })?,
                })
            }
        }
    };

    (@Write $name:ident [$($generic:ident)?] {
        $tag:literal
        $(
            $variant:ident = $value:literal
            $(($inner:ty))?
            $({ $($field:ident: $type:ty $(= $kind:ident)?,)+ })?
            ,
        )+
        $(.. $unknown:ident $({ $key:ident })?,)?
    }) => {
        impl $crate::json::WriteFields for $name {
            fn write_fields(&self, to: &mut $crate::json::Writer<'_>) {
                match self {
                    $(Self::$variant
                        $(($crate::json::declare::named!(inner, $inner)))?
                        $({ $($field,)+ })? => {
                        to.field($tag, $value);
                        $($crate::json::declare::named!(
                            $crate::json::WriteFields::write_fields(inner, to),
                            $inner
                        );)?
                        $($(to.field(stringify!($field), $field);)+)?
                    })+
                    $(Self::$unknown $({ $key })? => { $(to.field($tag, $key);)? })?
                }
            }
        }
    };

    (@Decode $name:ident [$($generic:ident)?] {
        $tag:literal
        $(
            $variant:ident = $value:literal
            $(($inner:ty))?
            $({ $($field:ident: $type:ty,)+ })?
            ,
        )+
    }) => {
        #[cfg(feature = "server")]
        impl $(<$generic>)? $name $(<$generic>)? {
            /// Reads the variant of this tag from the JSON of the whole message. Returns `None` for an unknown tag.
            pub(super) fn decode<'de>(value: &str, text: &'de str) -> Option<Result<Self, $crate::json::ReadError>>
            where
                $($generic: serde::Deserialize<'de>,)?
            {
                Some(match value {
                    $($value => {
                        $(<$inner>::decode(text).map(Self::$variant))?
                        $(
                            #[derive(serde::Deserialize)]
                            struct Fields { $($field: $type,)+ }
                            $crate::json::from_text(text)
                                .map(|Fields { $($field,)+ }| Self::$variant { $($field,)+ })
                        )?
                    })+
                    _ => return None,
                })
            }
        }
    };
}

/// Reads one field of the variables `$fields` for [`object`] and [`tagged`].
macro_rules! read {
    ($fields:ident, $field:ident) => {
        $fields.read(stringify!($field))?
    };
    ($fields:ident, $field:ident, default) => {
        $fields.read_or_default(stringify!($field))?
    };
    ($fields:ident, $field:ident, flatten) => {
        $crate::json::ReadFields::read_fields($fields)?
    };
    ($fields:ident, of $inner:ty) => {
        $crate::json::ReadFields::read_fields($fields)?
    };
}

/// Expands to the first argument. The second one makes a repetition know how often it is to be expanded.
macro_rules! named {
    ($name:ident, $inner:ty) => {
        $name
    };
    ($name:expr, $inner:ty) => {
        $name
    };
}

/// Declares names that JSON writes as text: the enum, [`Read`](super::Read) and [`Write`](super::Write).
///
/// A variant that ends with `default` is the default, if the enum derives that.
/// The name after `..`, if there is one, is that of any value of a later version.
macro_rules! names {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[doc = $doc:literal])+ $variant:ident = $text:literal $($default:ident)?,)+
            $(.. $(#[$unknown_meta:meta])+ $unknown:ident = $unknown_text:literal,)?
        }
    ) => {
        $(#[$meta])*
        pub enum $name {
            $($(#[doc = $doc])+ $(#[$default])? #[serde(rename = $text)] $variant,)+
            $($(#[$unknown_meta])+ $unknown,)?
        }

        impl $name {
            /// Each value that can be sent, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The text that JSON uses. It never changes.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                    $(Self::$unknown => $unknown_text,)?
                }
            }

            /// What the value means, as one sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),+),)+
                    $(Self::$unknown => concat!("A value that this version does not know: ", $unknown_text),)?
                }
            }
        }

        impl $crate::json::Read for $name {
            fn read(value: serde_json::Value) -> Option<Self> {
                let text = value.as_str()?;
                let known = Self::ALL.iter().copied().find(|name| name.as_str() == text);
                $(let known = known.or(Some(Self::$unknown));)?
                known
            }
        }

        impl $crate::json::Write for $name {
            fn write(&self, to: &mut String) {
                self.as_str().write(to);
            }
        }
    };
}

pub(crate) use {named, names, object, read, tagged};
