//! The items of an exported journal, as bytes and back; `journal::export` makes a file of them.

use prost::Message as _;

use crate::journal::merkle::Hash;
use crate::proto::journal as wire;
use crate::proto::journal::export_item;

/// The version of the format.
pub const FORMAT: u32 = 1;

const HASH: &str = "SHA-256";
const TREE: &str = "RFC6962";

/// One item of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// What the file is.
    Header(Header),
    /// A record as stored, and its leaf hash.
    Record(Vec<u8>, Hash),
    /// How many records there are, and the root of the tree over them.
    End(u64, Hash),
}

/// What the file says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// The name of the ledger; empty if it never signed a checkpoint.
    pub origin: String,
    /// The newest checkpoint when the export began, a signed note; empty if there was none.
    pub checkpoint: String,
    /// The program that wrote the file.
    pub written_by: String,
}

impl Item {
    /// The bytes, without their length.
    pub fn encode(&self) -> Vec<u8> {
        let item = match self {
            Self::Header(Header { origin, checkpoint, written_by }) => export_item::Item::Header(wire::ExportHeader {
                format: FORMAT,
                origin: origin.clone(),
                hash: HASH.to_owned(),
                tree: TREE.to_owned(),
                checkpoint: checkpoint.clone(),
                written_by: written_by.clone(),
            }),
            Self::Record(record, leaf) => {
                export_item::Item::Record(wire::ExportRecord { record: record.clone(), leaf: leaf.as_bytes().to_vec() })
            }
            Self::End(size, root) => {
                export_item::Item::End(wire::ExportEnd { size: *size, root: root.as_bytes().to_vec() })
            }
        };
        wire::ExportItem { item: Some(item) }.encode_to_vec()
    }

    /// The item that these bytes are; what is wrong with them otherwise.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        let item =
            wire::ExportItem::decode(bytes).map_err(|error| format!("it is not an item of a journal: {error}"))?;
        let item = item.item.ok_or("it is neither header, record nor end")?;
        let decoded = match item {
            export_item::Item::Header(header) => Self::Header(header_of(header)?),
            export_item::Item::Record(record) => Self::Record(record.record, hash_of(&record.leaf)?),
            export_item::Item::End(end) => Self::End(end.size, hash_of(&end.root)?),
        };
        if decoded.encode() == bytes { Ok(decoded) } else { Err("it holds more than this version knows".to_owned()) }
    }
}

fn header_of(header: wire::ExportHeader) -> Result<Header, String> {
    let wire::ExportHeader { format, origin, hash, tree, checkpoint, written_by } = header;
    if format != FORMAT {
        return Err(format!("its format is {format}, expected {FORMAT}: use the version of ipledger that wrote it"));
    }
    if hash != HASH || tree != TREE {
        return Err(format!("its algorithms are `{hash}` and `{tree}`, expected `{HASH}` and `{TREE}`"));
    }
    Ok(Header { origin, checkpoint, written_by })
}

fn hash_of(bytes: &[u8]) -> Result<Hash, String> {
    let hash = bytes.try_into().ok().map(Hash);
    hash.ok_or_else(|| format!("a hash has {} bytes, expected 32", bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_bytes_and_foreign_ones_are_refused() {
        let header =
            Header { origin: "鹤壁".to_owned(), checkpoint: "…".to_owned(), written_by: "ipledger".to_owned() };
        for item in [Item::Header(header), Item::Record(vec![1, 2], Hash::leaf(&[1, 2])), Item::End(7, Hash::ZERO)] {
            let bytes = item.encode();
            assert_eq!(Item::decode(&bytes), Ok(item));
            let longer = [bytes.as_slice(), &[0x78, 0x01]].concat();
            assert_eq!(Item::decode(&longer), Err("it holds more than this version knows".to_owned()));
        }
        assert!(Item::decode(&[]).unwrap_err().contains("neither header"));
        let other = wire::ExportHeader { format: 2, ..Default::default() };
        let other = wire::ExportItem { item: Some(export_item::Item::Header(other)) }.encode_to_vec();
        assert!(Item::decode(&other).unwrap_err().contains("its format is 2, expected 1"));
    }
}
