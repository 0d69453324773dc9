//! Storage failures. Each has a kind, which says what its caller can do about it.

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
    /// Storage pushes back or is out of reach; the same call may succeed later.
    Busy,
    /// What was asked for is not there.
    NotFound,
    /// A condition of the call did not hold, usually because another writer was faster.
    Conflict,
    /// What is stored cannot be read; trying again does not help.
    Broken,
    /// Storage refuses for another reason, such as a missing permission or a wrong name; an operator has to
    /// help.
    Refused,
}

impl StoreErrorKind {
    /// Whether the stored thing itself is at fault: its bytes cannot be read, or a part of it is gone.
    pub fn is_unreadable(self) -> bool {
        matches!(self, StoreErrorKind::Broken | StoreErrorKind::NotFound)
    }

    /// Whether the same call may succeed later without anybody's help. That includes a conflict that its
    /// caller did not expect: another writer was faster, and the next attempt finds what it wrote.
    pub fn is_passing(self) -> bool {
        matches!(self, StoreErrorKind::Busy | StoreErrorKind::Conflict)
    }
}

/// A storage failure. Programs branch on its kind; people read its message and its source.
#[derive(Debug, thiserror::Error)]
#[error("storage: {action} failed ({kind:?})")]
pub struct StoreError {
    /// What can be done about it.
    pub kind: StoreErrorKind,
    /// What was being done, as in "reading an item".
    action: &'static str,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// A failure of the kind `Broken`: what is stored cannot be read.
    pub fn broken(action: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
        StoreError { kind: StoreErrorKind::Broken, action, source: source.into() }
    }

    /// A failure of the kind `Busy`: storage did not answer in time, or other writers were faster again and
    /// again.
    pub fn busy(action: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
        StoreError { kind: StoreErrorKind::Busy, action, source: source.into() }
    }

    /// A failure of one part of a call that succeeded as a whole. `code` is AWS's error code of the part.
    pub(crate) fn of_code(action: &'static str, code: &str) -> StoreError {
        // The call itself succeeded, so its HTTP status says nothing about the part.
        StoreError { kind: kind_of(code, 200), action, source: code.into() }
    }

    /// A failure to receive the whole body of an object: the connection broke, or the body ended before its
    /// announced length. What is stored may be complete, so the kind is `Busy`.
    pub fn body(action: &'static str, source: ByteStreamError) -> StoreError {
        StoreError::busy(action, source)
    }

    /// The failure of an AWS call. The kind follows from the error's code and HTTP status and, for a
    /// cancelled transaction, from its cancellation reasons.
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

/// Turns a conflict into `None`: the result of a conditional write, or `None` where its condition did not
/// hold.
pub(super) fn if_held<T>(sent: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match sent {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.kind == StoreErrorKind::Conflict => Ok(None),
        Err(error) => Err(error),
    }
}

/// The kind of an AWS error code that came with an HTTP status.
///
/// DynamoDB Local calls `DuplicateItemException` by the name that it has in transactions. The codes of the kind `Busy` are
/// those that the SDK itself retries (`aws_runtime::retries::classifiers`), and those of DynamoDB's transactions and S3's
/// conditional writes. An unknown code counts as `Busy` where its status says so (429, or 500 and above), because services
/// add codes, and a fault of a service must never be blamed on the operator.
fn kind_of(code: &str, status: u16) -> StoreErrorKind {
    match code {
        "ConditionalCheckFailedException"
        | "DuplicateItem"
        | "DuplicateItemException"
        | "PreconditionFailed" => StoreErrorKind::Conflict,
        "NoSuchKey" | "NotFound" => StoreErrorKind::NotFound,
        // A wrapped key that is damaged, bound to something else, or wrapped under another key than the stack's.
        "InvalidCiphertextException" | "IncorrectKeyException" => StoreErrorKind::Broken,
        // An object that is shorter than it was written.
        "InvalidRange" => StoreErrorKind::Broken,
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

/// The reasons why a transaction was cancelled, one for each of its actions; `None` for an error that is no
/// cancellation.
fn cancellation(error: &dyn Any) -> Option<&[CancellationReason]> {
    let exception = match (error.downcast_ref(), error.downcast_ref()) {
        (Some(TransactWriteItemsError::TransactionCanceledException(exception)), _)
        | (_, Some(TransactGetItemsError::TransactionCanceledException(exception))) => exception,
        _ => return None,
    };
    Some(exception.cancellation_reasons())
}

/// The kind of a cancelled transaction. If one action failed in a way that may pass, the transaction is
/// `Busy`, because it is unknown then whether the conditions hold. Without any reason nothing is known
/// either, so that is `Busy` too.
fn kind_of_transaction(reasons: &[CancellationReason]) -> StoreErrorKind {
    let codes = || reasons.iter().filter_map(CancellationReason::code).filter(|code| *code != "None");
    let is_passing_code = |code: &str| {
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
    if codes().next().is_none() || codes().any(is_passing_code) {
        StoreErrorKind::Busy
    } else if codes().all(|code| code == "ConditionalCheckFailed") {
        StoreErrorKind::Conflict
    } else {
        StoreErrorKind::Refused
    }
}
