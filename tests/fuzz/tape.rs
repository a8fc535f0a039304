//! [`Tape`]: random numbers that generators draw from, so that choices may depend on each other and a failing
//! case still shrinks: an exhausted tape gives zeros, and zero is the plainest choice everywhere.

/// Numbers, read from the front.
pub struct Tape<'a> {
    values: &'a [u32],
}

impl<'a> Tape<'a> {
    pub fn new(values: &'a [u32]) -> Tape<'a> {
        Tape { values }
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        let Some((first, rest)) = self.values.split_first() else { return 0 };
        self.values = rest;
        *first as usize % limit.max(1)
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) + 1 == times
    }

    /// One of `choices`.
    pub fn pick<'c, T: ?Sized>(&mut self, choices: &[&'c T]) -> &'c T {
        choices[self.below(choices.len())]
    }
}
