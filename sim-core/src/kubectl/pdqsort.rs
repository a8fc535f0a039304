//! Sorting in the order that Go's `sort.Sort` leaves: of elements that compare as equal, which one comes
//! first is a matter of the algorithm, and `get --sort-by` shows it.
//!
//! Models Go's package sort, since 1.19 a pattern-defeating quicksort.

/// Up to this many elements are inserted one after the other.
const INSERTION_MAX: usize = 12;
/// From this many elements on, a pivot is the median of medians, and an almost sorted range is mended.
const LONG: usize = 50;
/// How many swaps of [`Sorter::pivot`] tell that a long range is in falling order.
const ALL_SWAPPED: usize = 12;
/// How many elements out of place an almost sorted range may have.
const MENDS_MAX: usize = 5;

/// Sorts `items` by `less`, which need not be an order.
pub fn sort<T>(items: &mut [T], less: &mut dyn FnMut(&T, &T) -> bool) {
    let bad_pivots_max = bits(items.len());
    let length = items.len();
    Sorter { items, less }.range(0, length, bad_pivots_max);
}

/// How many bits the number has.
fn bits(number: usize) -> u32 {
    usize::BITS - number.leading_zeros()
}

struct Sorter<'s, T> {
    items: &'s mut [T],
    less: &'s mut dyn FnMut(&T, &T) -> bool,
}

/// What the choice of a pivot tells of a range.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hint {
    Unknown,
    Rising,
    Falling,
}

impl<T> Sorter<'_, T> {
    fn less(&mut self, a: usize, b: usize) -> bool {
        (self.less)(&self.items[a], &self.items[b])
    }

    /// Sorts from `start` to before `end`; so many unbalanced pivots may be chosen.
    fn range(&mut self, mut start: usize, mut end: usize, mut bad_pivots: u32) {
        let (mut was_balanced, mut was_partitioned) = (true, true);
        loop {
            let length = end - start;
            if length <= INSERTION_MAX {
                return self.insert_all(start, end);
            }
            if bad_pivots == 0 {
                return self.heap(start, end);
            }
            if !was_balanced {
                self.scatter(start, end);
                bad_pivots -= 1;
            }
            let (mut pivot, mut hint) = self.pivot(start, end);
            if hint == Hint::Falling {
                self.items[start..end].reverse();
                pivot = (end - 1) - (pivot - start);
                hint = Hint::Rising;
            }
            if was_balanced && was_partitioned && hint == Hint::Rising && self.mend(start, end) {
                return;
            }
            if start > 0 && !self.less(start - 1, pivot) {
                start = self.partition_equal(start, end, pivot);
                continue;
            }
            let (middle, already) = self.partition(start, end, pivot);
            was_partitioned = already;
            let (left, right) = (middle - start, end - middle);
            was_balanced = left.min(right) >= length / 8;
            if left < right {
                self.range(start, middle, bad_pivots);
                start = middle + 1;
            } else {
                self.range(middle + 1, end, bad_pivots);
                end = middle;
            }
        }
    }

    fn insert_all(&mut self, start: usize, end: usize) {
        for new in start + 1..end {
            let mut at = new;
            while at > start && self.less(at, at - 1) {
                self.items.swap(at, at - 1);
                at -= 1;
            }
        }
    }

    fn heap(&mut self, start: usize, end: usize) {
        let length = end - start;
        for root in (0..=(length - 1) / 2).rev() {
            self.sift_down(root, length, start);
        }
        for last in (0..length).rev() {
            self.items.swap(start, start + last);
            self.sift_down(0, last, start);
        }
    }

    fn sift_down(&mut self, mut root: usize, end: usize, first: usize) {
        loop {
            let mut child = 2 * root + 1;
            if child >= end {
                return;
            }
            if child + 1 < end && self.less(first + child, first + child + 1) {
                child += 1;
            }
            if !self.less(first + root, first + child) {
                return;
            }
            self.items.swap(first + root, first + child);
            root = child;
        }
    }

    /// Moves what is less than the pivot before it. Returns the pivot's place, and whether nothing had to move.
    fn partition(&mut self, start: usize, end: usize, pivot: usize) -> (usize, bool) {
        self.items.swap(start, pivot);
        let (mut low, mut high) = (start + 1, end - 1);
        let mut swapped = false;
        loop {
            while low <= high && self.less(low, start) {
                low += 1;
            }
            while low <= high && !self.less(high, start) {
                high -= 1;
            }
            if low > high {
                break;
            }
            self.items.swap(low, high);
            swapped = true;
            low += 1;
            high -= 1;
        }
        self.items.swap(high, start);
        (high, !swapped)
    }

    /// Of a range without anything less than the pivot, moves what equals it to the front; returns what follows.
    fn partition_equal(&mut self, start: usize, end: usize, pivot: usize) -> usize {
        self.items.swap(start, pivot);
        let (mut low, mut high) = (start + 1, end - 1);
        loop {
            while low <= high && !self.less(start, low) {
                low += 1;
            }
            while low <= high && self.less(start, high) {
                high -= 1;
            }
            if low > high {
                return low;
            }
            self.items.swap(low, high);
            low += 1;
            high -= 1;
        }
    }

    /// Puts a few elements into place; true when the range is sorted then.
    fn mend(&mut self, start: usize, end: usize) -> bool {
        let mut at = start + 1;
        for _ in 0..MENDS_MAX {
            while at < end && !self.less(at, at - 1) {
                at += 1;
            }
            if at == end {
                return true;
            }
            if end - start < LONG {
                return false;
            }
            self.items.swap(at, at - 1);
            if at - start >= 2 {
                let mut left = at - 1;
                while left >= 1 && self.less(left, left - 1) {
                    self.items.swap(left, left - 1);
                    left -= 1;
                }
            }
            if end - at >= 2 {
                let mut right = at + 1;
                while right < end && self.less(right, right - 1) {
                    self.items.swap(right, right - 1);
                    right += 1;
                }
            }
        }
        false
    }

    /// Moves three elements from the middle elsewhere, to break what made the last pivot a bad one.
    fn scatter(&mut self, start: usize, end: usize) {
        let length = end - start;
        let mut random = length as u64;
        let mask = (1_u64 << bits(length)) - 1;
        let middle = start + length / 4 * 2;
        for at in middle - 1..=middle + 1 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let other = usize::try_from(random & mask).unwrap_or(0);
            self.items.swap(at, start + if other >= length { other - length } else { other });
        }
    }

    /// Chooses a pivot, looking at no more than nine elements.
    fn pivot(&mut self, start: usize, end: usize) -> (usize, Hint) {
        let quarter = (end - start) / 4;
        let [mut low, mut middle, mut high] = [1, 2, 3].map(|part| start + quarter * part);
        let mut swaps = 0;
        if end - start >= LONG {
            low = self.median(low - 1, low, low + 1, &mut swaps);
            middle = self.median(middle - 1, middle, middle + 1, &mut swaps);
            high = self.median(high - 1, high, high + 1, &mut swaps);
        }
        let pivot = self.median(low, middle, high, &mut swaps);
        let hint = match swaps {
            0 => Hint::Rising,
            ALL_SWAPPED => Hint::Falling,
            _ => Hint::Unknown,
        };
        (pivot, hint)
    }

    fn median(&mut self, mut a: usize, mut b: usize, mut c: usize, swaps: &mut usize) -> usize {
        self.arrange(&mut a, &mut b, swaps);
        self.arrange(&mut b, &mut c, swaps);
        self.arrange(&mut a, &mut b, swaps);
        b
    }

    fn arrange(&mut self, a: &mut usize, b: &mut usize, swaps: &mut usize) {
        if self.less(*b, *a) {
            *swaps += 1;
            std::mem::swap(a, b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from a small generator.
    fn numbers(count: usize, below: u64) -> Vec<u64> {
        let mut state = 7_u64;
        let next = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        (0..count).map(next).collect()
    }

    #[test]
    fn everything_comes_out_in_order() {
        for count in [0, 1, 12, 13, 49, 50, 51, 300, 2000] {
            for below in [1, 2, 7, 1_000_000] {
                let mut items = numbers(count, below);
                let mut wanted = items.clone();
                wanted.sort_unstable();
                sort(&mut items, &mut |a, b| a < b);
                assert_eq!(items, wanted, "{count} numbers below {below}");
                items.reverse();
                sort(&mut items, &mut |a, b| a < b);
                assert_eq!(items, wanted, "{count} numbers below {below}, falling");
            }
        }
    }

    #[test]
    fn what_is_no_order_does_no_harm() {
        let mut items = numbers(500, 50);
        sort(&mut items, &mut |_, _| true);
        let mut items = numbers(500, 50);
        sort(&mut items, &mut |a, b| a + b > 40);
        assert_eq!(items.len(), 500);
    }
}
