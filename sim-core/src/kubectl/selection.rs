//! Which objects a reading verb shows: a namespace, labels and fields.

use super::args::Args;
use super::error::CliError;
use super::field_selector::FieldSelector;
use super::quote;
use super::resources::Target;
use crate::api::selector::Selector;
use crate::api::{ApiError, ApiResult, Kind, Object, ObjectKey, meta};
use crate::engine::Engine;
use crate::store::Store;

/// A namespace or all of them, and what objects must be like.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The namespace; all of them when `None`.
    pub namespace: Option<String>,
    label_text: String,
    field_text: String,
}

impl Selection {
    /// Reads `-A`, `-l` and `--field-selector`.
    pub fn of(args: &Args, namespace: &str) -> Selection {
        Selection {
            namespace: (!args.flag("all-namespaces")).then(|| namespace.to_owned()),
            label_text: args.text("selector").unwrap_or_default().trim().to_owned(),
            field_text: args.text("field-selector").unwrap_or_default().trim().to_owned(),
        }
    }

    /// The same, whatever the labels.
    pub fn of_any_labels(mut self) -> Selection {
        self.label_text.clear();
        self
    }

    /// Whether objects must be like something.
    pub fn is_selective(&self) -> bool {
        !self.label_text.is_empty() || !self.field_text.is_empty()
    }

    /// The object that `target` names.
    ///
    /// # Errors
    /// NotFound, or Forbidden.
    pub fn get(&self, engine: &Engine, target: &Target) -> ApiResult<Object> {
        let namespace =
            if target.kind.info().namespaced { self.namespace.as_deref().unwrap_or_default() } else { "" };
        engine.authorize("get", (target.kind, ""), (namespace, &target.name))?;
        let key = ObjectKey::new(namespace, &target.name);
        let object = engine.api().store().get(target.kind, &key);
        object.cloned().ok_or_else(|| not_there(target.kind, &key, engine.api().store()))
    }

    /// The objects of `kind`, in the API server's order.
    ///
    /// # Errors
    /// Forbidden, or BadRequest when a selector is malformed or names a field that the kind does not select by.
    pub fn list(&self, engine: &Engine, kind: Kind) -> Result<Vec<Object>, CliError> {
        let namespace = self.namespace.as_deref().filter(|_| kind.info().namespaced);
        engine.authorize("list", (kind, ""), (namespace.unwrap_or_default(), ""))?;
        let filter = self.filter(kind)?;
        let store = engine.api().store();
        let objects: Box<dyn Iterator<Item = &Object>> = match namespace {
            Some(namespace) => Box::new(store.list_in(kind, namespace)),
            None => Box::new(store.list(kind)),
        };
        Ok(objects.filter(|object| filter.picks(object)).cloned().collect())
    }

    /// The parsed selectors.
    ///
    /// # Errors
    /// As [`Selection::list`].
    pub fn filter(&self, kind: Kind) -> Result<Filter, CliError> {
        let parsed = self.parse(kind);
        parsed.map_err(|why| {
            let info = kind.info();
            CliError::from(ApiError::bad_request(format!(
                "Unable to find {} that match label selector {}, field selector {}: {why}",
                quote(&format!("{}/{}, Resource={}", info.group, info.version, info.plural)),
                quote(&self.label_text),
                quote(&self.field_text),
            )))
        })
    }

    fn parse(&self, kind: Kind) -> Result<Filter, String> {
        let labels = Selector::parse(&self.label_text)?;
        let fields = FieldSelector::parse(&self.field_text)?;
        if let Some(field) = fields.unsupported(kind) {
            return Err(format!("field label not supported: {field}"));
        }
        Ok(Filter { namespace: self.namespace.clone(), labels, fields })
    }
}

/// Says that the object is not there, or that its namespace is not.
///
/// Models cli-runtime pkg/resource: Info.Get.
pub fn not_there(kind: Kind, key: &ObjectKey, store: &Store) -> ApiError {
    let namespace = ObjectKey::cluster(&key.namespace);
    match &*key.namespace {
        "" | "default" => ApiError::not_found(kind, &key.name),
        _ if store.get(Kind::Namespace, &namespace).is_some() => ApiError::not_found(kind, &key.name),
        name => ApiError::not_found(Kind::Namespace, name),
    }
}

/// Parsed selectors.
#[derive(Clone, Debug)]
pub struct Filter {
    namespace: Option<String>,
    labels: Selector,
    fields: FieldSelector,
}

impl Filter {
    /// Whether the object is in the namespace and is as the selectors ask.
    pub fn picks(&self, object: &Object) -> bool {
        let meta = object.meta();
        let in_namespace = !object.kind().info().namespaced
            || self.namespace.as_deref().is_none_or(|namespace| namespace == meta::namespace(meta));
        in_namespace && self.labels.matches(meta::labels(meta)) && self.fields.matches(object)
    }
}
