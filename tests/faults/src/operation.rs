//! Names the operation that a request asks for.

use http::request::Parts;
use http::{HeaderMap, Method};

/// The service that the server behind the proxy offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// DynamoDB and DynamoDB Streams.
    DynamoDb,
    /// S3, addressed by path.
    S3,
    /// KMS.
    Kms,
}

/// Returns AWS's name of the operation. Without one, it is the method for DynamoDB and KMS, and `Other` for
/// S3.
pub(crate) fn operation(service: Service, request: &Parts) -> String {
    match service {
        Service::DynamoDb | Service::Kms => {
            target(&request.headers).unwrap_or(request.method.as_str()).to_owned()
        }
        Service::S3 => of_s3(request).to_owned(),
    }
}

/// Reads the operation from the target: `PutItem` from `DynamoDB_20120810.PutItem`.
fn target(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-amz-target")?.to_str().ok()?.rsplit('.').next()
}

fn of_s3(request: &Parts) -> &'static str {
    let (_, key) = request.uri.path().trim_start_matches('/').split_once('/').unwrap_or_default();
    let mut parameters = request.uri.query().unwrap_or_default().split('&');
    let is_of_bucket = key.is_empty();
    match (&request.method, is_of_bucket) {
        (&Method::GET, true) if parameters.any(|one| one == "list-type=2") => "ListObjectsV2",
        (&Method::GET, true) => "ListObjects",
        (&Method::GET, false) => "GetObject",
        (&Method::HEAD, true) => "HeadBucket",
        (&Method::HEAD, false) => "HeadObject",
        (&Method::PUT, true) => "CreateBucket",
        (&Method::PUT, false) => "PutObject",
        (&Method::DELETE, true) => "DeleteBucket",
        (&Method::DELETE, false) => "DeleteObject",
        (&Method::POST, true) if parameters.any(|one| one == "delete" || one == "delete=") => "DeleteObjects",
        _ => "Other",
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn of(service: Service, method: &str, uri: &str, target: Option<&str>) -> String {
        let mut request = Request::builder().method(method).uri(uri);
        if let Some(target) = target {
            request = request.header("x-amz-target", target);
        }
        operation(service, &request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn operations_have_the_names_that_aws_gives_them() {
        assert_eq!(of(Service::DynamoDb, "POST", "/", Some("DynamoDB_20120810.Query")), "Query");
        assert_eq!(
            of(Service::DynamoDb, "POST", "/", Some("DynamoDBStreams_20120810.GetRecords")),
            "GetRecords"
        );
        assert_eq!(of(Service::Kms, "POST", "/", Some("TrentService.Decrypt")), "Decrypt");
        assert_eq!(of(Service::Kms, "POST", "/", None), "POST");
        for (method, uri, expected) in [
            ("GET", "/bucket/a/b?x-id=GetObject", "GetObject"),
            ("GET", "/bucket/?list-type=2&prefix=a", "ListObjectsV2"),
            ("GET", "/bucket?list-type=2", "ListObjectsV2"),
            ("PUT", "/bucket/a", "PutObject"),
            ("PUT", "/bucket", "CreateBucket"),
            ("HEAD", "/bucket/a", "HeadObject"),
            ("DELETE", "/bucket/a/b", "DeleteObject"),
            ("POST", "/bucket/?delete", "DeleteObjects"),
        ] {
            assert_eq!(of(Service::S3, method, uri, None), expected, "{method} {uri}");
        }
    }
}
