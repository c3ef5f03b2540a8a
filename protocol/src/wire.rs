//! Bytes on a link become types here, and types bytes (PROTOCOL.md, "Frames and content").

pub mod content;
pub mod frame;

pub use content::{Ack, Body, Content, ContentError, Origin};
pub use frame::{Frame, FrameError, FrameSize, frame_length};
