//! One place on a shelf.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

use super::{Held, Kept};

/// A value as its bytes (postcard).
pub(super) struct Packed<V> {
    bytes: Arc<[u8]>,
    of: PhantomData<fn() -> V>,
}

/// A value, open or packed; 16 bytes beside what it points to.
pub(super) enum Slot<V> {
    Open(Arc<V>),
    Packed(Packed<V>),
}

impl<V> Clone for Packed<V> {
    fn clone(&self) -> Self {
        Self { bytes: Arc::clone(&self.bytes), of: PhantomData }
    }
}

impl<V> Clone for Slot<V> {
    fn clone(&self) -> Self {
        match self {
            Self::Open(value) => Self::Open(Arc::clone(value)),
            Self::Packed(packed) => Self::Packed(packed.clone()),
        }
    }
}

impl<V: Kept> Packed<V> {
    #[expect(
        clippy::panic,
        reason = "a value that cannot be packed is a bug of ours; to lose it would be worse than a stop"
    )]
    fn of(value: &V) -> Self {
        match postcard::to_stdvec(value) {
            Ok(bytes) => Self { bytes: bytes.into(), of: PhantomData },
            Err(error) => panic!("a value of the book cannot be packed: {error}"),
        }
    }

    #[expect(
        clippy::panic,
        reason = "this process packed it, or the hash of its snapshot was right: to go on without it would be worse than a stop"
    )]
    fn unpacked(&self) -> V {
        match postcard::from_bytes(&self.bytes) {
            Ok(value) => value,
            Err(error) => panic!("a value of the book cannot be unpacked: {error}"),
        }
    }
}

impl<V: Kept> Slot<V> {
    pub(super) fn of(value: V) -> Self {
        Self::Open(Arc::new(value))
    }

    pub(super) const fn is_packed(&self) -> bool {
        matches!(self, Self::Packed(_))
    }

    pub(super) fn held(&self) -> Held<'_, V> {
        match self {
            Self::Open(value) => Held::Lent(value),
            Self::Packed(packed) => Held::Unpacked(Box::new(packed.unpacked())),
        }
    }

    pub(super) fn into_value(self) -> V {
        match self {
            Self::Open(value) => Arc::unwrap_or_clone(value),
            Self::Packed(packed) => packed.unpacked(),
        }
    }

    pub(super) fn pack(&mut self) {
        if let Self::Open(value) = self {
            *self = Self::Packed(Packed::of(value));
        }
    }

    /// The value, open from now on.
    #[expect(clippy::unreachable, reason = "the compiler does not see that it was opened just before")]
    pub(super) fn open(&mut self) -> &mut V {
        if let Self::Packed(packed) = self {
            *self = Self::of(packed.unpacked());
        }
        match self {
            Self::Open(value) => Arc::make_mut(value),
            Self::Packed(_) => unreachable!("it was opened"),
        }
    }
}

impl<V> Serialize for Packed<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.bytes)
    }
}

impl<V: Serialize> Serialize for Slot<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Open(value) => {
                let bytes = postcard::to_stdvec(&**value).map_err(serde::ser::Error::custom)?;
                serializer.serialize_bytes(&bytes)
            }
            Self::Packed(packed) => packed.serialize(serializer),
        }
    }
}

impl<'de, V> Deserialize<'de> for Packed<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes<V>(PhantomData<fn() -> V>);
        impl<V> Visitor<'_> for Bytes<V> {
            type Value = Packed<V>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the bytes of a value")
            }

            fn visit_bytes<E: Error>(self, v: &[u8]) -> Result<Self::Value, E> {
                Ok(Packed { bytes: v.into(), of: PhantomData })
            }
        }
        deserializer.deserialize_byte_buf(Bytes(PhantomData))
    }
}

impl<'de, V> Deserialize<'de> for Slot<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Packed::deserialize(deserializer).map(Self::Packed)
    }
}
