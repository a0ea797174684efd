//! A generator of the crate [`rand`] over the draws of one entity.

use super::Stream;
use rand::TryRng;
use std::convert::Infallible;

/// A [`rand`] generator that walks the indices of one entity of a [`Stream`], a draw for each 64 bits or fewer.
///
/// Ask it for `u32` or `u64`, never `usize`, whose samples differ between platforms.
#[derive(Clone, Debug)]
pub struct Draws {
    stream: Stream,
    entity: u32,
    index: u32,
}

impl Draws {
    #[inline]
    pub(super) fn new(stream: Stream, entity: u32, index: u32) -> Self {
        Self { stream, entity, index }
    }

    #[inline]
    fn next_bits(&mut self) -> u64 {
        let bits = self.stream.bits(self.entity, self.index);
        self.index = self.index.wrapping_add(1);
        bits
    }
}

impl TryRng for Draws {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.try_next_u64()? >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next_bits())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}
