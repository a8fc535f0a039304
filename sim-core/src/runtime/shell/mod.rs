//! A small POSIX shell and the usual tools, as a machine that can be stopped, cloned and resumed.
//!
//! [`Process::run`] goes as far as it can without virtual time passing; `sleep` and reads from a
//! terminal suspend it. All of its state is in the value, so a checkpoint holds running shells too.
//!
//! A process is a [`machine`] of tasks, each a shell or a tool, joined by pipes. A shell is a stack of
//! [`frame`]s over a shared syntax tree, and every step takes the topmost one: nothing waits inside of
//! a call, so everything can be suspended between two steps.

mod arithmetic;
mod arrays;
mod ast;
mod braces;
mod builtins;
mod channels;
mod compound;
mod condition;
mod expand;
mod frame;
mod glob;
mod host;
mod interpreter;
mod machine;
mod parameter;
mod parser;
mod pattern;
mod process;
mod prompt;
mod redirect;
mod signals;
mod simple;
mod state;
mod substitute;
mod task;
mod tools;

#[cfg(test)]
mod tests;

pub use ast::Dialect;
pub use host::{Flavour, Host, Nslookup, OuterTurn, ProcessInfo, user_name};
pub use pattern::matches as matches_pattern;
pub use process::{Process, ProcessState, StartError, Stream};
pub use prompt::{Remembered, is_command, is_unfinished, syntax_error};
pub use tools::{is_left_to_image, packages_of, tools_of};
