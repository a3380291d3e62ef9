//! Publication (公示): the newest checkpoint, kept in a folder elsewhere too.
//!
//! A folder on another machine, or one that can only be added to, holds what an operator with root on this machine cannot
//! take back. It is looked at before the ledger serves, like the checkpoints beside the journal: a journal that is shorter
//! than what was published, or disagrees with it, is refused. Writing there never holds up the ledger: it is done by a task
//! of its own, and what failed is tried again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task;
use tokio::time::sleep;

use super::checkpoint::SignedCheckpoint;
use super::keeper::{FILE, Keeper, KeeperFault, compare, put, read_one};
use crate::reader::Reader;

/// How long after a look the next one follows: how much later than the ledger's own file the published one is at most,
/// while the folder can be written.
const PAUSE: Duration = Duration::from_millis(500);

/// The longest pause after failures, which double it.
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// Compares the journal with the checkpoint that was published in this folder, if there is one; its size, else 0.
pub fn check_published(folder: &Path, reader: &Reader) -> Result<u64, KeeperFault> {
    let path = folder.join(FILE);
    match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Ok(_) | Err(_) => {}
    }
    let published = read_one(&path)?.checkpoint;
    let (size, root) = {
        let view = reader.view();
        (view.head.tree.size(), view.head.tree.root())
    };
    compare(&path, &published, reader.tree_root_blocking(published.size)?, (size, root))?;
    Ok(published.size)
}

/// Publishes what the keeper has whenever it is new, for as long as the process lives.
pub async fn publish_always(keeper: Keeper, folder: PathBuf) {
    let mut publisher = Publisher { keeper, folder, published: None };
    let mut pause = PAUSE;
    loop {
        let (back, outcome) = publisher.turn().await;
        let Some(back) = back else { return };
        publisher = back;
        pause = match outcome {
            Ok(()) => PAUSE,
            Err(fault) => {
                let (folder, fault): (_, &dyn std::error::Error) = (publisher.folder.display(), &fault);
                tracing::error!(%folder, fault, "the checkpoint could not be published; it will be tried again");
                pause.saturating_mul(2).min(PAUSE_MAX)
            }
        };
        sleep(pause).await;
    }
}

/// Publishes once what the keeper has, for the end of a process.
pub async fn publish_once(keeper: Keeper, folder: PathBuf) -> Result<(), KeeperFault> {
    Publisher { keeper, folder, published: None }.turn().await.1
}

struct Publisher {
    keeper: Keeper,
    folder: PathBuf,
    published: Option<SignedCheckpoint>,
}

impl Publisher {
    /// One look, on a thread that may wait for the disk; gives the publisher back unless the process is stopping.
    async fn turn(mut self) -> (Option<Self>, Result<(), KeeperFault>) {
        let done = task::spawn_blocking(move || {
            let outcome = self.publish();
            (self, outcome)
        });
        match done.await {
            Ok((publisher, outcome)) => (Some(publisher), outcome),
            Err(_stopping) => (None, Err(KeeperFault::Interrupted)),
        }
    }

    fn publish(&mut self) -> Result<(), KeeperFault> {
        let Some(newest) = self.keeper.newest().filter(|newest| Some(newest) != self.published.as_ref()) else {
            return Ok(());
        };
        put(&self.folder, &newest)?;
        self.published = Some(newest);
        Ok(())
    }
}
