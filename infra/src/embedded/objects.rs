//! S3 on files, with the operations that the program and its presigned URLs use.
//!
//! The crate s3s speaks the protocol and checks signatures, including those of presigned URLs; it calls the
//! operations here. Multipart uploads, copies, versions, delimiters and conditions of a put other than
//! `If-None-Match: *` are refused.

use std::fs::File;
use std::io::{self, ErrorKind, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use axum::Router;
use axum::error_handling::HandleError;
use axum::http::StatusCode;
use bytes::{Bytes, BytesMut};
use futures::stream::{self, Stream, StreamExt};
use s3s::auth::SimpleAuth;
use s3s::dto::{
    CreateBucketInput, CreateBucketOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
    DeleteObjectsOutput, DeletedObject, ETagCondition, GetObjectInput, GetObjectOutput, HeadBucketInput,
    HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListObjectsV2Input, ListObjectsV2Output,
    PutObjectInput, PutObjectOutput, StreamingBlob,
};
use s3s::service::S3ServiceBuilder;
use s3s::{HttpError, S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

mod sums;
mod files;
mod answer;

use super::Credentials;
use files::{Description, ObjectFiles};
use sums::{Hasher, Mismatch};

/// The largest object of one put, in bytes; S3 has the same limit.
const PUT_LIMIT: u64 = 5 << 30;
/// The most keys on a page of a listing, and the most that one call deletes; S3 has the same limits.
const PAGE: usize = 1000;
/// How many bytes are read from a file at a time.
const PIECE: usize = 256 << 10;

/// Serves the buckets in the folder `root` to callers with these credentials.
pub(super) fn router(root: &Path, credentials: &Credentials) -> io::Result<Router> {
    let mut builder = S3ServiceBuilder::new(Objects { files: ObjectFiles::open(root)? });
    builder
        .set_auth(SimpleAuth::from_single(credentials.access_key.as_str(), credentials.secret_key.as_str()));
    let refuse = |error: HttpError| async move {
        tracing::error!(?error, "the object server failed");
        StatusCode::INTERNAL_SERVER_ERROR
    };
    Ok(Router::new().fallback_service(HandleError::new(builder.build(), refuse)))
}

struct Objects {
    files: ObjectFiles,
}

impl Objects {
    /// Runs blocking work on the files of a bucket, on a thread for such work. Fails where there is no such
    /// bucket.
    async fn with<T: Send + 'static>(
        &self,
        bucket: &str,
        work: impl FnOnce(&ObjectFiles, &str) -> io::Result<T> + Send + 'static,
    ) -> S3Result<T> {
        let (files, bucket) = (self.files.clone(), bucket.to_owned());
        let work = move || {
            if !files.has_bucket(&bucket) {
                return Err(s3_error!(NoSuchBucket));
            }
            work(&files, &bucket).map_err(internal)
        };
        tokio::task::spawn_blocking(work).await.map_err(S3Error::internal_error)?
    }

    async fn find(&self, bucket: &str, key: String) -> S3Result<(File, Description)> {
        let found = self.with(bucket, move |files, bucket| files.find(bucket, &key)).await?;
        found.ok_or_else(|| s3_error!(NoSuchKey))
    }
}

#[async_trait]
impl S3 for Objects {
    async fn create_bucket(
        &self,
        req: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let files = self.files.clone();
        let work = move || files.create_bucket(&req.input.bucket).map_err(internal);
        tokio::task::spawn_blocking(work).await.map_err(S3Error::internal_error)??;
        Ok(S3Response::new(CreateBucketOutput::default()))
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.with(&req.input.bucket, |_, _| Ok(())).await?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let only_new = match (&req.input.if_match, &req.input.if_none_match) {
            (None, None) => false,
            (None, Some(ETagCondition::Any)) => true,
            _ => return Err(s3_error!(NotImplemented, "the only condition of a put is If-None-Match: *")),
        };
        let bucket = req.input.bucket.clone();
        let (file, path) = self.with(&bucket, |files, _| files.draft()).await?;
        let (file, description) = receive(req, file).await?;
        let (etag, sums) = (description.etag.clone(), description.sums.clone());
        let publish = move |files: &ObjectFiles, bucket: &str| {
            files.publish(bucket, (file, path), &description, only_new)
        };
        if !self.with(&bucket, publish).await? {
            return Err(s3_error!(PreconditionFailed));
        }
        Ok(S3Response::new(answer::put(etag, sums)))
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = req.input;
        let (file, description) = self.find(&input.bucket, input.key).await?;
        answer::check(&description.etag, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let part = input.range.map(|range| range.check(description.size)).transpose()?;
        let span = part.clone().unwrap_or(0..description.size);
        let body = StreamingBlob::wrap(read(file, span));
        Ok(S3Response::new(answer::get(description, part, input.checksum_mode.is_some(), body)))
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = req.input;
        let (_, description) = self.find(&input.bucket, input.key.clone()).await?;
        answer::check(&description.etag, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let part = input.range.map(|range| range.check(description.size)).transpose()?;
        Ok(S3Response::new(answer::head(description, part, input)))
    }

    async fn delete_object(
        &self,
        req: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let DeleteObjectInput { bucket, key, .. } = req.input;
        self.with(&bucket, move |files, bucket| files.remove(bucket, &key)).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        req: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let DeleteObjectsInput { bucket, delete, .. } = req.input;
        if delete.objects.len() > PAGE {
            return Err(s3_error!(MalformedXML));
        }
        let quiet = delete.quiet.unwrap_or(false);
        let remove = move |files: &ObjectFiles, bucket: &str| {
            delete
                .objects
                .into_iter()
                .map(|object| files.remove(bucket, &object.key).map(|()| object.key))
                .collect()
        };
        let removed: Vec<String> = self.with(&bucket, remove).await?;
        let deleted =
            removed.into_iter().map(|key| DeletedObject { key: Some(key), ..DeletedObject::default() });
        let deleted = (!quiet).then(|| deleted.collect());
        Ok(S3Response::new(DeleteObjectsOutput { deleted, ..DeleteObjectsOutput::default() }))
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = req.input;
        if input.delimiter.is_some() {
            return Err(s3_error!(NotImplemented, "listings have no delimiter"));
        }
        let after = match &input.continuation_token {
            Some(token) => answer::after_token(token)?,
            None => input.start_after.clone().unwrap_or_default(),
        };
        let prefix = input.prefix.clone().unwrap_or_default();
        let limit = input.max_keys.map_or(PAGE, |keys| usize::try_from(keys).unwrap_or(0).min(PAGE));
        let list = move |files: &ObjectFiles, bucket: &str| files.list(bucket, &prefix, &after, limit);
        let page = self.with(&input.bucket, list).await?;
        Ok(S3Response::new(answer::list(page, limit, input)))
    }
}

/// Writes a body to `file` and describes it. Fails where the body has another length than was announced or a
/// checksum is wrong; the caller must not keep the file then.
async fn receive(req: S3Request<PutObjectInput>, file: File) -> S3Result<(File, Description)> {
    let length = req.input.content_length.and_then(|length| u64::try_from(length).ok());
    let length = length.ok_or_else(|| s3_error!(MissingContentLength))?;
    if length > PUT_LIMIT {
        return Err(s3_error!(EntityTooLarge));
    }
    let mut hasher = Hasher::for_request(&req.headers);
    let file = match req.input.body {
        Some(body) => write(body, length, &mut hasher, file).await?,
        None if length == 0 => file,
        None => return Err(s3_error!(IncompleteBody)),
    };
    let trailers = req.trailing_headers.and_then(|trailers| trailers.take());
    let (etag, sums) = hasher
        .verify(&req.headers, trailers.as_ref())
        .map_err(|Mismatch| s3_error!(BadDigest, "a checksum is not that of the bytes received"))?;
    let modified = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let description = Description {
        key: req.input.key,
        size: length,
        etag,
        modified: u64::try_from(modified.as_millis()).unwrap_or(u64::MAX),
        content_type: req.input.content_type,
        content_disposition: req.input.content_disposition,
        content_encoding: req.input.content_encoding,
        cache_control: req.input.cache_control,
        metadata: req.input.metadata.unwrap_or_default().into_iter().collect(),
        sums,
    };
    Ok((file, description))
}

async fn write(mut body: StreamingBlob, length: u64, hasher: &mut Hasher, file: File) -> S3Result<File> {
    let mut file = tokio::fs::File::from_std(file);
    let mut received = 0;
    while let Some(bytes) = body.next().await {
        let bytes = bytes.map_err(|error| S3Error::with_source(S3ErrorCode::IncompleteBody, error))?;
        received += bytes.len() as u64;
        if received > length {
            break;
        }
        hasher.update(&bytes);
        file.write_all(&bytes).await.map_err(internal)?;
    }
    if received != length {
        return Err(s3_error!(IncompleteBody));
    }
    file.flush().await.map_err(internal)?;
    Ok(file.into_std().await)
}

/// Streams the bytes of a file within `span`, in pieces.
fn read(file: File, span: Range<u64>) -> impl Stream<Item = io::Result<Bytes>> + Send + Sync + 'static {
    let file = tokio::fs::File::from_std(file);
    stream::try_unfold((file, span), |(mut file, span)| async move {
        if span.is_empty() {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(span.start)).await?;
        let mut piece = BytesMut::with_capacity(PIECE);
        let wanted = PIECE.min(usize::try_from(span.end - span.start).unwrap_or(PIECE));
        while piece.len() < wanted {
            let left = (wanted - piece.len()) as u64;
            if (&mut file).take(left).read_buf(&mut piece).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        let next = span.start + piece.len() as u64..span.end;
        Ok(Some((piece.freeze(), (file, next))))
    })
}

fn internal(error: io::Error) -> S3Error {
    tracing::error!(%error, "the object server cannot use its files");
    S3Error::internal_error(error)
}
