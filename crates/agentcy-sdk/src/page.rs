//! Lists: page by page, or item by item across pages.

use std::marker::PhantomData;

use futures_util::Stream;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Client, Error};

/// One page of a list, newest first unless the list says otherwise.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Give it to [`List::page`] to read on; none at the end.
    pub next_cursor: Option<String>,
    /// How many there are in all, exact up to 10,000.
    #[serde(default)]
    pub total: u64,
    /// Whether there are more than that.
    #[serde(default)]
    pub total_capped: bool,
}

/// A list that was not read yet.
#[derive(Debug, Clone)]
#[must_use = "nothing is read before `page` or `items`"]
pub struct List<T> {
    client: Client,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    item: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> List<T> {
    pub(crate) fn new(client: &Client, path: &[&str]) -> Self {
        let path = path.iter().map(|&part| part.to_owned()).collect();
        Self { client: client.clone(), path, query: Vec::new(), item: PhantomData }
    }

    /// How many items a page has: 1 to 200, 50 unless said.
    pub fn limit(self, items: u16) -> Self {
        self.with("limit", items.to_string())
    }

    pub(crate) fn with(mut self, name: &'static str, value: String) -> Self {
        self.query.push((name, value));
        self
    }

    /// The page that begins at a cursor, or the first.
    pub async fn page(&self, cursor: Option<&str>) -> Result<Page<T>, Error> {
        let cursor = cursor.map(|cursor| ("cursor", cursor.to_owned()));
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        self.client.get(&path).query(self.query.iter().cloned().chain(cursor)).read().await
    }

    /// Every item, page after page as they are needed. It ends at the first error.
    pub fn items(self) -> impl Stream<Item = Result<T, Error>> + Send + use<T>
    where
        T: Send,
    {
        async_stream::try_stream! {
            let mut cursor = None;
            loop {
                let page = self.page(cursor.as_deref()).await?;
                for item in page.items {
                    yield item;
                }
                // A cursor that stays would go on for ever.
                if page.next_cursor.is_none() || page.next_cursor == cursor {
                    return;
                }
                cursor = page.next_cursor;
            }
        }
    }
}
