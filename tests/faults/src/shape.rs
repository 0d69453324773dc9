//! The answers of each service when it refuses or fails.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::operation::Service;

/// The prefix of the names of DynamoDB's own errors.
const DYNAMODB: &str = "com.amazonaws.dynamodb.v20120810#";
/// The prefix of the names of errors from the layer in front of DynamoDB.
const AROUND: &str = "com.amazon.coral.availability#";

/// The answer to a request that is throttled. `body` is the body of the request, and `variant` chooses
/// between the two answers that DynamoDB has.
pub(crate) fn throttled(service: Service, operation: &str, body: &[u8], variant: bool) -> Response<Bytes> {
    match service {
        Service::DynamoDb if operation == "TransactWriteItems" => cancelled(body),
        Service::DynamoDb if variant => {
            let message = "The level of configured provisioned throughput for the table was exceeded.";
            let kind = format!("{DYNAMODB}ProvisionedThroughputExceededException");
            of_json(StatusCode::BAD_REQUEST, &json!({"__type": kind, "message": message}))
        }
        Service::DynamoDb => {
            let message = "Rate exceeded";
            let kind = format!("{AROUND}ThrottlingException");
            of_json(StatusCode::BAD_REQUEST, &json!({"__type": kind, "message": message}))
        }
        Service::S3 => {
            of_xml(StatusCode::SERVICE_UNAVAILABLE, "SlowDown", "Please reduce your request rate.")
        }
        Service::Kms => {
            let message = "You have exceeded the rate at which you may call KMS.";
            of_json(StatusCode::BAD_REQUEST, &json!({"__type": "ThrottlingException", "message": message}))
        }
    }
}

/// The answer of a service that failed.
pub(crate) fn internal_error(service: Service) -> Response<Bytes> {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    match service {
        Service::DynamoDb => {
            let kind = format!("{DYNAMODB}InternalServerError");
            of_json(status, &json!({"__type": kind, "message": "Internal server error"}))
        }
        Service::S3 => of_xml(status, "InternalError", "We encountered an internal error. Please try again."),
        Service::Kms => of_json(status, &json!({"__type": "KMSInternalException", "message": ""})),
    }
}

/// The answer to a transaction that was cancelled because one of its items was throttled, with one reason per
/// item in their order.
fn cancelled(body: &[u8]) -> Response<Bytes> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let items = request["TransactItems"].as_array().map_or(1, Vec::len).max(1);
    let mut codes = vec!["None"; items];
    codes[0] = "ThrottlingError";
    let reasons: Vec<Value> = codes
        .iter()
        .map(|code| match *code {
            "None" => json!({"Code": "None"}),
            code => {
                json!({"Code": code, "Message": "Throughput exceeds the current capacity of your table."})
            }
        })
        .collect();
    let message = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        codes.join(", ")
    );
    let kind = format!("{DYNAMODB}TransactionCanceledException");
    let body = json!({"__type": kind, "Message": message, "CancellationReasons": reasons});
    of_json(StatusCode::BAD_REQUEST, &body)
}

fn of_json(status: StatusCode, body: &Value) -> Response<Bytes> {
    answer(status, "application/x-amz-json-1.0", body.to_string())
}

fn of_xml(status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <RequestId>FAULT</RequestId><HostId>FAULT</HostId></Error>"
    );
    answer(status, "application/xml", body)
}

fn answer(status: StatusCode, kind: &'static str, body: String) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = status;
    let length = HeaderValue::from(answer.body().len());
    answer.headers_mut().insert(CONTENT_LENGTH, length);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}
