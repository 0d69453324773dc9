//! Storage failures: each has a kind, which says what its caller can do about it.

use std::any::Any;
use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;
use aws_sdk_s3::primitives::ByteStreamError;

/// What a caller can do about a storage failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// Storage is pushing back or out of reach: the same call may succeed later.
    Busy,
    /// What was asked for is not there.
    NotFound,
    /// A condition did not hold: somebody else was faster.
    Conflict,
    /// What is stored cannot be read: trying again does not help.
    Broken,
    /// Storage refuses for another reason, such as a missing permission or a wrong name: an operator has to help.
    Refused,
}

impl StoreErrorKind {
    /// Whether the stored thing itself is at fault: its bytes cannot be read, or a part of it is gone.
    pub fn is_unreadable(self) -> bool {
        matches!(self, StoreErrorKind::Broken | StoreErrorKind::NotFound)
    }

    /// Whether the same call may succeed later with nobody doing anything about it. A conflict that nobody decided on
    /// is one of these: somebody else was faster, and the next attempt finds what they wrote.
    pub fn is_passing(self) -> bool {
        matches!(self, StoreErrorKind::Busy | StoreErrorKind::Conflict)
    }
}

/// A storage failure: a kind to branch on and a source to read.
#[derive(Debug, thiserror::Error)]
#[error("storage: {action} failed ({kind:?})")]
pub struct StoreError {
    /// What can be done about it.
    pub kind: StoreErrorKind,
    /// What was being done.
    action: &'static str,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// A stored thing that cannot be read.
    pub fn broken(action: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
        StoreError { kind: StoreErrorKind::Broken, action, source: source.into() }
    }

    /// Storage that did not answer in time.
    pub fn busy(action: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
        StoreError { kind: StoreErrorKind::Busy, action, source: source.into() }
    }

    /// A part of a call that failed for the reason with this code, as AWS calls it.
    pub(crate) fn of_code(action: &'static str, code: &str) -> StoreError {
        // The call itself went well, so its status says nothing of the part.
        StoreError { kind: kind_of(code, 200), action, source: code.into() }
    }

    /// An object's body that did not arrive whole: the connection broke, or it ended before its announced length. What is
    /// stored may be well, so the same call may succeed later.
    pub fn body(action: &'static str, source: ByteStreamError) -> StoreError {
        StoreError::busy(action, source)
    }

    /// A failed AWS call. Of a cancelled transaction its reasons decide.
    pub fn aws<E>(action: &'static str, error: SdkError<E>) -> StoreError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let kind = match &error {
            SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
                StoreErrorKind::Busy
            }
            SdkError::ServiceError(service) => match cancellation(service.err()) {
                Some(reasons) => kind_of_transaction(reasons),
                None => kind_of(service.err().code().unwrap_or_default(), service.raw().status().as_u16()),
            },
            _ => StoreErrorKind::Refused,
        };
        StoreError { kind, action, source: Box::new(error) }
    }
}

/// What a conditional write gave; `None` where its condition did not hold.
pub(super) fn if_held<T>(sent: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match sent {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.kind == StoreErrorKind::Conflict => Ok(None),
        Err(error) => Err(error),
    }
}

/// The kind of an AWS error code that came with an HTTP status.
///
/// The codes that mean "try again" are those that the SDK itself tries again (`aws_runtime::retries::classifiers`), those
/// of DynamoDB's transactions and S3's conditional writes, and any that comes with a status that says so: services add
/// codes, and a fault of theirs must never count as the operator's.
fn kind_of(code: &str, status: u16) -> StoreErrorKind {
    match code {
        "ConditionalCheckFailedException" | "PreconditionFailed" => StoreErrorKind::Conflict,
        "NoSuchKey" | "NotFound" => StoreErrorKind::NotFound,
        // A wrapped key that is damaged, bound to something else, or wrapped under another key than the stack's.
        "InvalidCiphertextException" | "IncorrectKeyException" => StoreErrorKind::Broken,
        "ProvisionedThroughputExceededException"
        | "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "LimitExceededException"
        | "BandwidthLimitExceeded"
        | "SlowDown"
        | "RequestTimeout"
        | "RequestTimeoutException"
        | "PriorRequestNotComplete"
        | "InternalServerError"
        | "InternalError"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "TransactionInProgressException"
        | "TransactionConflictException"
        | "ReplicatedWriteConflictException"
        | "ConditionalRequestConflict"
        | "OperationAborted" => StoreErrorKind::Busy,
        _ if status == 429 || status >= 500 => StoreErrorKind::Busy,
        _ => StoreErrorKind::Refused,
    }
}

/// Why a transaction was cancelled, one reason for each of its actions; `None` for an error that is no cancellation.
fn cancellation(error: &dyn Any) -> Option<&[CancellationReason]> {
    let exception = match (error.downcast_ref(), error.downcast_ref()) {
        (Some(TransactWriteItemsError::TransactionCanceledException(exception)), _)
        | (_, Some(TransactGetItemsError::TransactionCanceledException(exception))) => exception,
        _ => return None,
    };
    Some(exception.cancellation_reasons())
}

/// The kind of a cancelled transaction. One action that may succeed later makes all of it one that may: which conditions
/// hold is then not known. Without any reason nothing is known either.
fn kind_of_transaction(reasons: &[CancellationReason]) -> StoreErrorKind {
    let codes = || reasons.iter().filter_map(CancellationReason::code).filter(|code| *code != "None");
    let is_passing = |code: &str| {
        matches!(
            code,
            "TransactionConflict"
                | "ThrottlingError"
                | "ProvisionedThroughputExceeded"
                | "RequestLimitExceeded"
                | "InternalServerError"
                | "InternalError"
        )
    };
    if codes().next().is_none() || codes().any(is_passing) {
        StoreErrorKind::Busy
    } else if codes().all(|code| code == "ConditionalCheckFailed") {
        StoreErrorKind::Conflict
    } else {
        StoreErrorKind::Refused
    }
}
