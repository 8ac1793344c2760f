//! The tests of the five programs, as their users run them: one binary, one module a subject.

#[cfg(test)]
mod ambient;
#[cfg(test)]
mod canary;
#[cfg(test)]
mod circles;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod forged;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod hints;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod layout;
#[cfg(test)]
mod lies;
#[cfg(test)]
mod manual;
#[cfg(test)]
mod names;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod pip;
#[cfg(test)]
mod pipeline;
#[cfg(test)]
mod place;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod releases;
#[cfg(test)]
mod renewal;
#[cfg(test)]
mod services;
#[cfg(test)]
mod signing;
#[cfg(test)]
mod tuf;
