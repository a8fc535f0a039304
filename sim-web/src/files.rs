//! The files that the page's commands may read.

use std::cell::{OnceCell, RefCell};

use sim_core::kubectl::{FileError, Files};
use sim_core::session::MemoryFiles;

use crate::load_schema;

/// The files that the page put here, and the API's descriptions, which are fetched once `explain` asks for them.
#[derive(Default)]
pub struct PageFiles {
    memory: RefCell<MemoryFiles>,
    schema: OnceCell<Option<String>>,
}

impl PageFiles {
    /// Puts a file in place of what was there.
    pub fn put(&self, path: &str, text: &str) {
        self.memory.borrow_mut().put(path, text);
    }
}

impl Files for PageFiles {
    fn read(&self, path: &str, recursive: bool) -> Result<Vec<(String, String)>, FileError> {
        self.memory.borrow().read(path, recursive)
    }

    fn read_tree(&self, path: &str) -> Result<Vec<(String, String)>, FileError> {
        self.memory.borrow().read_tree(path)
    }

    fn is_folder(&self, path: &str) -> bool {
        self.memory.borrow().is_folder(path)
    }

    fn at_hand(&self) -> Vec<String> {
        self.memory.borrow().at_hand()
    }

    fn schema(&self) -> Option<&str> {
        self.schema.get_or_init(load_schema).as_deref()
    }
}
