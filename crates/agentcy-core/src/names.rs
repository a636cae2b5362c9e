//! Closed lists of names, as the API and the database write them.

// A macro, so that a name stands once: the type, its texts, its schema and what reads it back cannot differ.
macro_rules! names {
    ($(#[$doc:meta])* $type:ident, $what:literal, $invalid:ident {
        $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
            schemars::JsonSchema,
        )]
        pub enum $type {
            $($(#[$variant_doc])* #[serde(rename = $name)] $variant,)*
        }

        impl $type {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name as the API and the database write it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        #[doc = concat!("A text that names no ", $what, ".")]
        #[derive(Debug, thiserror::Error, PartialEq, Eq)]
        #[error("not a {}", $what)]
        pub struct $invalid;

        impl std::str::FromStr for $type {
            type Err = $invalid;
            fn from_str(text: &str) -> Result<Self, $invalid> {
                Self::ALL.iter().copied().find(|one| one.name() == text).ok_or($invalid)
            }
        }
    };
}
pub(crate) use names;
