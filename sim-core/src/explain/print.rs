//! Graphs as text: a tree for the terminal, DOT and Mermaid for papers and slides.

use std::fmt::Write;

use petgraph::Direction;
use petgraph::dot::{Config, Dot};
use petgraph::graph::NodeIndex;
use petgraph::visit::{EdgeRef, NodeIndexable};

use super::{Relations, Vertex};

/// Draws `graph` as a tree from each vertex that nothing leads to; what was drawn before is only named again.
pub fn tree(graph: &Relations) -> String {
    let mut text = String::new();
    let mut drawn = vec![false; graph.node_bound()];
    let mut roots: Vec<NodeIndex> = graph.externals(Direction::Incoming).collect();
    // Where all go round in circles, the first is as good as any.
    if roots.is_empty() {
        roots.extend(graph.node_indices().next());
    }
    for root in roots {
        let _ = writeln!(text, "{}", line(&graph[root]));
        drawn[root.index()] = true;
        branches(graph, root, "", &mut drawn, &mut text);
    }
    text
}

fn branches(graph: &Relations, from: NodeIndex, indent: &str, drawn: &mut [bool], text: &mut String) {
    // Edges come newest first.
    let mut edges: Vec<_> = graph.edges(from).map(|edge| (*edge.weight(), edge.target())).collect();
    edges.reverse();
    let last = edges.len().saturating_sub(1);
    for (place, (relation, to)) in edges.into_iter().enumerate() {
        let (branch, below) = if place == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let relation = if relation.is_empty() { String::new() } else { format!("{relation} ") };
        let again = std::mem::replace(&mut drawn[to.index()], true);
        let leads_on = graph.edges(to).next().is_some();
        let more = if again && leads_on { " (see above)" } else { "" };
        let _ = writeln!(text, "{indent}{branch}{relation}{}{more}", line(&graph[to]));
        if !again {
            branches(graph, to, &format!("{indent}{below}"), drawn, text);
        }
    }
}

fn line(vertex: &Vertex) -> String {
    if vertex.about.is_empty() { vertex.name.clone() } else { format!("{} ({})", vertex.name, vertex.about) }
}

/// `graph` in Graphviz' language.
pub fn dot(graph: &Relations) -> String {
    let labelled = graph.map(|_, vertex| line(vertex), |_, relation| *relation);
    let node = |_, (_, label): (NodeIndex, &String)| format!("label=\"{}\" shape=box", escaped(label));
    let edge = |_, edge: petgraph::graph::EdgeReference<'_, &'static str>| match *edge.weight() {
        "" => String::new(),
        relation => format!("label=\"{relation}\""),
    };
    let config = [Config::NodeNoLabel, Config::EdgeNoLabel];
    format!("{:?}", Dot::with_attr_getters(&labelled, &config, &edge, &node))
}

/// `graph` in Mermaid's language.
pub fn mermaid(graph: &Relations) -> String {
    let mut text = String::from("flowchart TD\n");
    for vertex in graph.node_indices() {
        let _ = writeln!(
            text,
            "  n{}[\"{}\"]",
            vertex.index(),
            escaped(&line(&graph[vertex])).replace("\\\"", "#quot;")
        );
    }
    for edge in graph.edge_references() {
        let (from, to) = (edge.source().index(), edge.target().index());
        let _ = match *edge.weight() {
            "" => writeln!(text, "  n{from} --> n{to}"),
            relation => writeln!(text, "  n{from} -- {relation} --> n{to}"),
        };
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
