//! Ingresses and IngressClasses.

use k8s_openapi::api::networking::v1::{Ingress, IngressClass};

use super::Subject;
use super::text::Text;

/// Models kubectl pkg/describe: describeIngressV1.
pub(super) fn describe(_text: &mut Text, _ingress: &Ingress, _subject: &Subject<'_>) {}

/// Models kubectl pkg/describe: describeIngressClassV1.
pub(super) fn describe_class(_text: &mut Text, _class: &IngressClass) {}
