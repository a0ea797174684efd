//! Typed `u32` identifiers: indices into struct-of-arrays that cannot be mixed up.

/// Declares newtypes over `u32` that index arrays.
#[macro_export]
macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// Stands for "none" where an `Option` would cost memory.
            pub const NONE: Self = Self(u32::MAX);

            /// The id of array element `index`.
            pub fn from_index(index: usize) -> Self {
                Self(u32::try_from(index).expect("more than 2^32 entities"))
            }

            /// The array index.
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// Whether this is [`Self::NONE`].
            pub const fn is_none(self) -> bool {
                self.0 == u32::MAX
            }
        }
    )*};
}
