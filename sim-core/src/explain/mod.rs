//! Graphs that explain: what belongs to what, and what caused what. They are read from the store and from the record
//! of causes, never guessed.

mod causes;
mod owners;
mod print;
#[cfg(test)]
mod tests;

pub use causes::causes;
pub use owners::owners;
use petgraph::Graph;
pub use print::{dot, mermaid, tree};

/// A thing or an event of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vertex {
    /// What it is, `Pod web-0`.
    pub name: String,
    /// What is true of it; may be empty.
    pub about: String,
}

/// Vertices, and what those at an edge's beginning do to those at its end.
pub type Relations = Graph<Vertex, &'static str>;

/// A graph shows so many vertices at most.
const VERTICES_MAX: usize = 500;
