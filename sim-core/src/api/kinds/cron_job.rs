//! `CronJob`: discovery facts and printer columns.

use k8s_openapi::api::batch::v1::CronJob;

use super::{
    Cell, Column, KindInfo, NONE, RowContext, STANDARD_VERBS, UNSET, age, containers, format_selector, since,
};
use crate::api::object::{Kind, Object};

pub(super) static INFO: KindInfo = KindInfo {
    kind: Kind::CronJob,
    group: "batch",
    version: "v1",
    plural: "cronjobs",
    singular: "cronjob",
    short_names: &["cj"],
    namespaced: true,
    categories: &["all"],
    verbs: STANDARD_VERBS,
    subresources: &["status"],
    counts_generation: true,
    columns: &[
        Column::normal("Name"),
        Column::normal("Schedule"),
        Column::normal("Timezone"),
        Column::normal("Suspend"),
        Column::normal("Active"),
        Column::normal("Last Schedule"),
        Column::normal("Age"),
        Column::wide("Containers"),
        Column::wide("Images"),
        Column::wide("Selector"),
    ],
    row,
};

/// Models pkg/printers/internalversion: printCronJob.
fn row(object: &Object, context: &RowContext) -> Vec<Cell> {
    let Some(cron) = object.as_ref::<CronJob>() else { return Vec::new() };
    let spec = cron.spec.clone();
    let status = cron.status.clone().unwrap_or_default();
    let job = spec.job_template.spec.unwrap_or_default();
    let (names, images) = containers(job.template.spec.as_ref());
    let suspend = spec.suspend.map_or(UNSET, |suspend| if suspend { "True" } else { "False" });
    let last = status.last_schedule_time.map_or_else(|| NONE.to_owned(), |time| since(context.now, time.0));
    vec![
        Cell::name(object),
        Cell::text(spec.schedule),
        Cell::text(spec.time_zone.unwrap_or_else(|| NONE.to_owned())),
        Cell::text(suspend),
        Cell::number(status.active.map_or(0, |active| active.len())),
        Cell::text(last),
        age(object, context),
        names,
        images,
        Cell::text(job.selector.as_ref().map_or_else(|| NONE.to_owned(), format_selector)),
    ]
}
