//! The simulator in the browser: a wasm-bindgen face of sim-core.
//!
//! It holds one session and passes words in and text out; everything else is sim-core, so the same
//! words give the same bytes as the REPL.

use std::time::Duration;

use serde_json::{Value, json};
use sim_core::api::{Kind, meta};
use sim_core::engine::{ClusterConfig, TimingProfile};
use sim_core::kubectl::{Chunk, Stream};
use sim_core::session::{MemoryFiles, Session};
use wasm_bindgen::prelude::wasm_bindgen;

/// A session and the files that its commands may read.
#[wasm_bindgen]
pub struct Simulator {
    session: Session,
    files: MemoryFiles,
}

#[wasm_bindgen]
impl Simulator {
    /// A new cluster of `profile` (`minikube` when the name is not known) from `seed`.
    #[wasm_bindgen(constructor)]
    pub fn new(profile: &str, seed: u64) -> Simulator {
        let profile = TimingProfile::named(profile).or_else(|| TimingProfile::named("minikube"));
        let config = ClusterConfig::for_profile(profile.unwrap_or_else(TimingProfile::recorder), seed);
        Simulator { session: Session::new(config), files: MemoryFiles::default() }
    }

    /// Puts a file where commands find it.
    pub fn put_file(&mut self, path: &str, text: &str) {
        self.files.put(path, text);
    }

    /// Runs a line to its end, moving the clock as the command needs.
    ///
    /// Returns JSON: `{"exit": 0, "chunks": [{"stream": "out", "text": "..."}]}`.
    pub fn exec(&mut self, line: &str) -> String {
        let chunks = self.session.run(line, None, &self.files);
        let chunks: Vec<Value> = chunks.iter().map(chunk).collect();
        json!({ "exit": self.session.exit_code(), "chunks": chunks }).to_string()
    }

    /// Lets `milliseconds` of virtual time pass.
    pub fn advance(&mut self, milliseconds: u32) {
        let target = self.session.now() + Duration::from_millis(u64::from(milliseconds));
        self.session.advance_to(target);
    }

    /// The cluster in short, as JSON: virtual milliseconds, history hash and the names of all objects by kind.
    pub fn snapshot(&self) -> String {
        let store = self.session.cluster().store();
        let names = |kind: &Kind| {
            let names = store.list(*kind).map(|object| meta::name(object.meta())).collect::<Vec<_>>();
            (kind.name().to_owned(), json!(names))
        };
        let objects: serde_json::Map<String, Value> = Kind::ALL.iter().map(names).collect();
        let millis = u64::try_from(self.session.now().since_start().as_millis()).unwrap_or(u64::MAX);
        let hash = format!("{:016x}", self.session.cluster().history_hash());
        json!({ "milliseconds": millis, "hash": hash, "objects": objects }).to_string()
    }
}

fn chunk(chunk: &Chunk) -> Value {
    let stream = match chunk.stream {
        Stream::Out => "out",
        Stream::Err => "err",
    };
    json!({ "stream": stream, "text": chunk.text })
}
