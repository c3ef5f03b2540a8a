//! placeholder
use crate::tools::Workspace;
pub(crate) fn run(_: &Workspace, _: bool) -> anyhow::Result<()> { Ok(()) }
