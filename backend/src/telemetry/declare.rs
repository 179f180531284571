//! Declares metrics, each in one place.

/// Declares a struct of metrics: for each a doc comment, which is the help text and the row in docs/OPERATIONS.md, a name, a type
/// and its first value.
macro_rules! declare_metrics {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $set:ident {
            $($(#[doc = $doc:literal])+ $field:vis $name:ident: $type:ident = $new:expr,)+
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone)]
        $visibility struct $set {
            $($(#[doc = $doc])+ $field $name: $type,)+
        }

        impl $set {
            /// Creates metrics that are zero, and registers them.
            pub(super) fn register(registry: &mut ::prometheus_client::registry::Registry) -> Self {
                $(
                    let $name: $type = $new;
                    registry.register(stringify!($name), $crate::telemetry::declare::help(&[$($doc),+]), $name.clone());
                )+
                Self { $($name,)+ }
            }

            /// The name, the type and the lines of the doc comment of each metric.
            #[cfg(test)]
            pub(super) const DECLARED: &[(&str, &str, &[&str])] =
                &[$((stringify!($name), stringify!($type), &[$($doc),+]),)+];
        }
    };
}

pub(super) use declare_metrics;

/// Joins the lines of a doc comment.
pub(super) fn help(doc: &[&str]) -> String {
    doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}
