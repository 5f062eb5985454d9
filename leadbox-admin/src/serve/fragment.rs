//! Parts of pages. Owns how an open page asks for them: with this header it is answered what stands in the page's `main`, and
//! takes the regions that may have changed.

/// The header with which a page asks for its own content anew.
pub(crate) const FRAGMENT: &str = "x-lb-fragment";
