//! The rows of a timeline as signals: a row that changes keeps its element, and only what has changed is drawn again.

use leptos::prelude::*;
use shared::ids::MessageId;
use shared::sorted::SortedMap;

use crate::core::timeline::{Row, RowKey};

/// A row that stays the same while its content changes. With a new element for each change, a screen reader would read the
/// message again, and the keyboard focus would be lost.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) key: RowKey,
    pub(crate) row: ArcRwSignal<Row>,
}

/// Updates `cells` with the rows that `choose` returns. It gets a function that says which messages have rows. Returns whether
/// all messages in view have rows.
pub(crate) fn update(
    cells: RwSignal<Vec<Cell>>,
    choose: impl FnOnce(&dyn Fn(MessageId) -> bool) -> (Vec<Row>, bool),
) -> bool {
    let mut known: SortedMap<RowKey, ArcRwSignal<Row>> = SortedMap::default();
    cells.with_untracked(|cells| {
        for cell in cells {
            known.insert(cell.key, cell.row.clone());
        }
    });
    let (rows, is_all) = choose(&|id| known.get(&RowKey::Entry(id)).is_some());
    let same_keys = cells.with_untracked(|cells| {
        cells.len() == rows.len() && cells.iter().zip(&rows).all(|(cell, row)| cell.key == row.key())
    });
    let next = rows
        .into_iter()
        .map(|row| {
            let key = row.key();
            let Some(known) = known.remove(&key) else { return Cell { key, row: ArcRwSignal::new(row) } };
            if !known.with_untracked(|before| before.is(&row)) {
                known.set(row);
            }
            Cell { key, row: known }
        })
        .collect();
    if !same_keys {
        cells.set(next);
    }
    is_all
}
