//! The simulator in the browser: a wasm-bindgen face of sim-core.
//!
//! It holds one session and passes words in and text out; everything else is sim-core, so the same
//! words give the same bytes as the REPL. What is more than text goes out as JSON, whose shape
//! `page/protocol.ts` declares.

mod files;
mod state;

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use sim_core::api::{KubernetesVersion, SimTime};
use sim_core::engine::{ClusterConfig, Journal, TimingProfile};
use sim_core::kubectl::{Chunk, Stream};
use sim_core::session::{ClockMode, Effect, Session, Status, is_incomplete};
use sim_core::view::{self, MapOptions, TimelineOptions};
use wasm_bindgen::prelude::wasm_bindgen;

use files::PageFiles;

#[wasm_bindgen]
extern "C" {
    /// Fetches what the lab needs of this module besides what the page started with; `page/rest.ts` has it.
    /// `cargo web` splits the module and puts calls of this wherever one leads into that part.
    #[wasm_bindgen(js_name = loadLab)]
    fn load_lab();

    /// Fetches all that is missing of this module; otherwise like [`load_lab`].
    #[wasm_bindgen(js_name = loadRest)]
    fn load_rest();

    /// Fetches the table of the API's descriptions, `sim-core/data/api-v1.36.txt`; nothing when it cannot be had.
    /// `page/worker.ts` has it.
    #[wasm_bindgen(js_name = loadSchema)]
    fn load_schema() -> Option<String>;
}

/// Fetches what is missing of this module now. The calls keep [`load_lab`] and [`load_rest`] among its imports.
#[wasm_bindgen]
pub fn complete_module() {
    load_lab();
    load_rest();
}

/// The profiles and the releases of Kubernetes that [`Simulator::new`] knows.
#[wasm_bindgen]
pub fn known_names() -> String {
    json!({ "profiles": TimingProfile::NAMES, "versions": KubernetesVersion::NAMES }).to_string()
}

/// A session and the files that its commands may read.
#[wasm_bindgen]
pub struct Simulator {
    session: Session,
    files: Rc<PageFiles>,
}

#[wasm_bindgen]
impl Simulator {
    /// A new cluster of `profile` (`minikube` when the name is not known) from `seed`, with as many `nodes`,
    /// or with the profile's own number when that is 0. It is of Kubernetes `version`, the newest when that is
    /// not known.
    #[wasm_bindgen(constructor)]
    pub fn new(profile: &str, seed: u32, nodes: u32, version: &str) -> Simulator {
        let profile = TimingProfile::named(profile).or_else(|| TimingProfile::named("minikube"));
        let mut config =
            ClusterConfig::for_profile(profile.unwrap_or_else(TimingProfile::recorder), u64::from(seed));
        if nodes > 0 {
            config.set_node_count(nodes);
        }
        config.set_kubernetes_version(KubernetesVersion::named(version).unwrap_or_default());
        let mut session = Session::new(config);
        let files = Rc::new(PageFiles::default());
        session.lend(files.clone());
        session.print_to_screen();
        Simulator { session, files }
    }

    /// Opens the session that a saved journal tells of, at its last moment or before its first damage, and answers
    /// what is wrong with it or nothing. The files stay.
    ///
    /// # Errors
    /// The journal has no header.
    pub fn open(&mut self, journal: &str) -> Result<String, String> {
        let (journal, damage) = Journal::sound_part(journal).map_err(|error| error.to_string())?;
        let clock = self.session.clock();
        self.session = Session::from_journal(&journal);
        self.session.lend(self.files.clone());
        self.session.print_to_screen();
        self.session.set_clock(clock);
        Ok(damage.map(|damage| damage.to_string()).unwrap_or_default())
    }

    /// Puts a file where commands find it.
    pub fn put_file(&mut self, path: &str, text: &str) {
        self.files.put(path, text);
    }

    /// Takes a line that was typed; what it prints comes with [`Simulator::take`].
    pub fn submit(&mut self, line: &str) {
        self.session.submit(line, None, &*self.files);
    }

    /// Ctrl-C.
    pub fn interrupt(&mut self) {
        self.session.interrupt();
    }

    /// Gives up the command in the foreground, whatever a program in a pod makes of Ctrl-C.
    pub fn hang_up(&mut self) {
        self.session.hang_up();
    }

    /// Ctrl-D.
    pub fn end_input(&mut self) {
        self.session.end_input();
    }

    /// Lets `microseconds` of real time pass, at the clock's speed.
    pub fn tick(&mut self, microseconds: u32) {
        self.session.tick(Duration::from_micros(u64::from(microseconds)));
    }

    /// Lets the next thing happen; false when nothing is pending.
    pub fn step(&mut self) -> bool {
        self.session.step()
    }

    /// Changes how the clock runs: virtual milliseconds for each real second.
    pub fn set_clock(&mut self, paused: bool, speed_permille: u32) {
        self.session.set_clock(ClockMode { paused, speed_permille: u64::from(speed_permille) });
    }

    /// What was printed and asked for since the last take, and how the session stands.
    pub fn take(&mut self) -> String {
        let chunks: Vec<Value> = self.session.take_output().iter().map(chunk).collect();
        let asked = self.session.take_effects();
        for effect in &asked {
            match effect {
                Effect::Write { path, bytes } => self.files.put(path, &String::from_utf8_lossy(bytes)),
                Effect::Keep { path, text } => self.files.put(path, text),
                Effect::Save { .. } | Effect::Load { .. } | Effect::Quit => {}
            }
        }
        let effects: Vec<Value> = asked.iter().map(effect).collect();
        let status = match self.session.status() {
            Status::Idle => "idle",
            Status::Running => "running",
            Status::WantsInput(_) => "input",
        };
        let clock = self.session.clock();
        json!({
            "chunks": chunks,
            "effects": effects,
            "status": status,
            "prompt": self.session.prompt(),
            "exit": self.session.exit_code(),
            "milliseconds": self.milliseconds(),
            "paused": clock.paused,
            "speed": clock.speed_permille,
        })
        .to_string()
    }

    /// Virtual milliseconds since the start.
    pub fn milliseconds(&self) -> f64 {
        self.session.now().since_start().as_secs_f64() * 1000.0
    }

    /// A number that changes whenever an object does.
    pub fn revision(&self) -> f64 {
        self.session.cluster().store().revision() as f64
    }

    /// Whether the line needs further lines: an open quote, a here-document, a loop.
    pub fn is_incomplete(&self, line: &str) -> bool {
        is_incomplete(line)
    }

    /// The ways to go on from `cursor`, in bytes, in `line`.
    pub fn complete(&self, line: &str, cursor: usize) -> String {
        let completion = self.session.complete(line, cursor, &*self.files);
        let candidates: Vec<Value> = completion
            .candidates
            .iter()
            .map(|candidate| json!({ "text": candidate.text, "about": candidate.about }))
            .collect();
        json!({ "start": completion.start, "candidates": candidates }).to_string()
    }

    /// What a kubectl line would print, on a copy of the cluster: nothing changes and nothing is journalled.
    pub fn query(&self, line: &str) -> String {
        let chunks: Vec<Value> = self.session.query(line).iter().map(chunk).collect();
        Value::Array(chunks).to_string()
    }

    /// The picture of the cluster, SVG of this width in pixels.
    pub fn map(&self, width: u32) -> String {
        let namespace = Some(self.session.namespace().to_owned());
        view::cluster_svg(self.session.cluster(), &MapOptions { width, namespace })
    }

    /// The timeline, SVG of this width in pixels, of at least the `last` seconds; of all the time when that is 0.
    pub fn timeline(&self, width: u32, last: u32) -> String {
        let namespace = Some(self.session.namespace().to_owned());
        let (timeline, now) = (self.session.timeline(), self.session.now());
        // It moves on in steps: while time passes, most of the picture stays as it is.
        let step = Duration::from_secs(u64::from(last)) / 4;
        let steps = now.since_start().as_nanos().checked_div(step.as_nanos()).unwrap_or(0);
        let from = SimTime::ZERO + step * u32::try_from(steps.saturating_sub(4)).unwrap_or(0);
        let from = (from > timeline.start()).then_some(from);
        view::timeline_svg(
            timeline,
            now,
            &TimelineOptions { width, namespace, from, ..TimelineOptions::default() },
        )
    }

    /// The save file: the journal with a mark at the present moment.
    pub fn save(&self) -> String {
        self.session.save()
    }

    /// The digest of everything that happened.
    pub fn hash(&self) -> String {
        format!("{:016x}", self.session.cluster().history_hash())
    }

    /// The cluster in short, for the lab's marks and the list of objects.
    pub fn state(&self) -> String {
        state::state(self.session.cluster().store(), self.session.namespace()).to_string()
    }
}

fn chunk(chunk: &Chunk) -> Value {
    let stream = match chunk.stream {
        Stream::Out => "out",
        Stream::Err => "err",
    };
    json!({ "stream": stream, "text": chunk.text })
}

/// What the page is asked to do.
fn effect(effect: &Effect) -> Value {
    match effect {
        Effect::Save { path, text } => json!({ "kind": "save", "path": path, "text": text }),
        Effect::Write { path, bytes } => {
            json!({ "kind": "save", "path": path, "text": String::from_utf8_lossy(bytes) })
        }
        Effect::Load { path } => json!({ "kind": "load", "path": path }),
        Effect::Keep { path, text } => json!({ "kind": "file", "path": path, "text": text }),
        Effect::Quit => json!({ "kind": "quit" }),
    }
}
