//! Rows that are used again, so that what comes and goes in a run takes no more memory than what is there at once.

use std::ops::{Index, IndexMut};

/// Rows, and which of them are free.
#[derive(Clone, Debug)]
pub(super) struct Rows<T> {
    all: Vec<T>,
    free: Vec<u32>,
}

impl<T> Rows<T> {
    /// No rows.
    pub fn new() -> Self {
        Self { all: Vec::new(), free: Vec::new() }
    }

    /// Puts a value in a free row, or a new one; its number.
    pub fn insert(&mut self, value: T) -> u32 {
        match self.free.pop() {
            Some(row) => {
                self[row] = value;
                row
            }
            None => {
                self.all.push(value);
                self.all.len() as u32 - 1
            }
        }
    }

    /// A free row as it was left, or a new one.
    pub fn take(&mut self) -> u32
    where
        T: Default,
    {
        self.free.pop().unwrap_or_else(|| {
            self.all.push(T::default());
            self.all.len() as u32 - 1
        })
    }

    /// The row is free. What it holds stays until it is used again.
    pub fn release(&mut self, row: u32) {
        self.free.push(row);
    }

    /// All rows, free ones included.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.all.iter()
    }

    /// The numbers of all rows, free ones included.
    pub fn numbers(&self) -> std::ops::Range<u32> {
        0..self.all.len() as u32
    }
}

impl<T> Index<u32> for Rows<T> {
    type Output = T;

    fn index(&self, row: u32) -> &T {
        &self.all[row as usize]
    }
}

impl<T> IndexMut<u32> for Rows<T> {
    fn index_mut(&mut self, row: u32) -> &mut T {
        &mut self.all[row as usize]
    }
}
