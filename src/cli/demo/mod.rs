//! stub
use std::io::Write;
use std::path::PathBuf;
/// stub
#[derive(Debug)]
pub struct Options { /// keep
 pub keep: Option<PathBuf> }
/// stub
pub async fn run(_o: Options, _out: &mut dyn Write) -> anyhow::Result<bool> { Ok(true) }
