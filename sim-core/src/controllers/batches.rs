//! [`in_batches`]: creations that start slowly, so that a refusal that all would meet is met a few times only.
//!
//! Models pkg/controller/replicaset: slowStartBatch; the job and daemon controllers have loops of the same shape.

use crate::api::{ApiError, ApiResult};

/// Creates `items` in batches of 1, 2, 4 and so on. The requests of a batch go side by side, so that a refusal
/// lets its batch finish and stops what follows.
///
/// # Errors
/// The first refusal.
pub(super) fn in_batches<T>(
    items: impl IntoIterator<Item = T>,
    mut create: impl FnMut(T) -> ApiResult<()>,
) -> ApiResult<()> {
    let mut items = items.into_iter().peekable();
    let mut size = 1_usize;
    while items.peek().is_some() {
        let refused: Vec<ApiError> =
            items.by_ref().take(size).filter_map(|item| create(item).err()).collect();
        if let Some(first) = refused.into_iter().next() {
            return Err(first);
        }
        size = size.saturating_mul(2);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;

    #[test]
    fn a_refusal_lets_its_batch_finish_and_stops_what_follows() {
        let mut asked = Vec::new();
        let result = in_batches(0..20, |item| {
            asked.push(item);
            if item < 4 { Ok(()) } else { Err(ApiError::not_found(Kind::Pod, &item.to_string())) }
        });
        assert_eq!(asked, [0, 1, 2, 3, 4, 5, 6], "1, 2 and 4 of them");
        assert!(result.unwrap_err().to_string().contains("\"4\""));
        assert!(in_batches(0..20, |_| Ok(())).is_ok());
    }
}
