//! API machinery: the kinds and everything that can be said of one object without a cluster.

pub mod base64;
pub mod cron;
pub mod decode;
pub mod defaults;
pub mod differences;
pub mod encode;
pub mod error;
pub mod features;
pub mod field;
pub mod key;
pub mod kinds;
pub mod managed;
pub mod meta;
mod never;
pub mod object;
pub mod patch;
pub mod pod;
pub mod quantity;
pub mod selector;
mod selector_text;
pub mod storage;
pub mod time;
pub mod token;
pub mod validation;
pub mod version;
pub mod warnings;
pub mod wire;
mod zones;

pub use error::{ApiError, ApiResult};
pub use features::{Feature, FeatureGates};
pub use field::{FieldError, FieldReason};
pub use key::{Name, ObjectKey, ObjectRef};
pub use kinds::KindInfo;
pub use object::{Kind, Object, Resource};
pub use time::SimTime;
pub use version::KubernetesVersion;
