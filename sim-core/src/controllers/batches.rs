//! Requests that go side by side: in batches that begin small, and in the order in which they come through.
//!
//! Models pkg/controller/replicaset: slowStartBatch; the job and daemon controllers have loops of the same shape.

use crate::api::{ApiError, ApiResult};
use crate::engine::ClusterConfig;

/// In which order requests that start side by side come through. Upstream leaves it to the Go scheduler, and the
/// recordings show both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BatchOrder {
    /// The one that was started last goes first: a goroutine that has just been started is the next to run.
    #[default]
    LastFirst,
    /// As they were started.
    AsStarted,
}

impl BatchOrder {
    /// Puts what is started in this order into that in which it comes through.
    pub fn arrange<T>(self, requests: &mut [T]) {
        if self == BatchOrder::LastFirst && !requests.is_empty() {
            requests.rotate_right(1);
        }
    }
}

/// How the requests of one owner's batches come through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Batches {
    /// Those for claims.
    pub claims: BatchOrder,
    /// Those for pods.
    pub pods: BatchOrder,
}

impl Batches {
    /// Drawn from the owner's uid, so that it shifts no other draw.
    pub fn drawn(uid: &str) -> Batches {
        let bits = uid.bytes().fold(0_u8, |bits, byte| bits.rotate_left(1) ^ byte);
        let order = |bit: u8| if bits & bit == 0 { BatchOrder::LastFirst } else { BatchOrder::AsStarted };
        Batches { claims: order(1), pods: order(2) }
    }
}

/// Puts pods that the owner of that uid deletes side by side into the order in which they go. Where requests take no
/// time they do not race.
pub(super) fn race<T>(pods: &mut [T], uid: &str, config: &ClusterConfig) {
    if config.profile.write_ms > 0 {
        Batches::drawn(uid).pods.arrange(pods);
    }
}

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
    use crate::engine::TimingProfile;

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

    #[test]
    fn deletions_race_where_they_take_time() {
        let raced = |config: &ClusterConfig, uid: &str| {
            let mut pods = [1, 2, 3];
            race(&mut pods, uid, config);
            pods
        };
        let recorder = ClusterConfig::recorder(1);
        let orders: Vec<[i32; 3]> = ["a", "b", "c"].map(|uid| raced(&recorder, uid)).into();
        assert!(orders.contains(&[3, 1, 2]) && orders.contains(&[1, 2, 3]), "{orders:?}");
        let instant = TimingProfile::named("instant").map(|profile| ClusterConfig::for_profile(profile, 1));
        assert_eq!(raced(&instant.unwrap(), "a"), [1, 2, 3]);
        race::<i32>(&mut [], "a", &recorder);
    }
}
