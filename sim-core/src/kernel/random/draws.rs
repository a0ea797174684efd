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

    /// Uniform below `bound`, which is not 0: what `random_range(0..bound)` of [`rand`] draws, without its questions about ranges.
    ///
    /// Canon's method: the upper half of a product, which a second draw corrects where the lower half is so great that it may have to be carried.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        debug_assert!(bound > 0, "nothing is below 0");
        let product = (self.next_bits() >> 32) * u64::from(bound);
        let rank = (product >> 32) as u32;
        if product as u32 > bound.wrapping_neg() { rank + self.carry(product as u32, bound) } else { rank }
    }

    #[cold]
    fn carry(&mut self, low: u32, bound: u32) -> u32 {
        let more = (self.next_bits() >> 32) * u64::from(bound);
        u32::from(low.checked_add((more >> 32) as u32).is_none())
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
