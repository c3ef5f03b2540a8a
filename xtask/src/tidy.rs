//! placeholder
use crate::tools::Workspace;
pub(crate) fn run(_: &Workspace) -> anyhow::Result<()> { Ok(()) }
