//! Resources and the methods that they support.

use std::future::ready;

use actix_web::{HttpRequest, Resource, Route, guard, web};

use crate::edge::refusal::other_method;

/// Value of `Allow` for a resource that can only be read.
pub(super) const READ: &str = "GET, HEAD";

/// Returns a route for GET and for HEAD. The response to HEAD has the same header fields and no body (RFC 9110 section 9.3.2).
pub(super) fn read() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// Returns a resource that answers all other methods itself: OPTIONS with `allow`, the rest with 405.
pub(super) fn resource(path: &str, allow: &'static str) -> Resource {
    let other = move |request: HttpRequest| ready(other_method(request.method(), allow));
    web::resource(path).default_service(web::to(other))
}
