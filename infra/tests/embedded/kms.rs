use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use tempfile::TempDir;

use crate::Stack;

async fn seal(stack: &Stack, context: &[(&str, &str)]) -> Blob {
    let mut call = stack.kms.encrypt().key_id("any").plaintext(Blob::new(*b"the data key"));
    for (name, value) in context {
        call = call.encryption_context(*name, *value);
    }
    call.send().await.unwrap().ciphertext_blob.unwrap()
}

/// What the blob holds, or the code of the refusal.
async fn open(stack: &Stack, blob: &Blob, context: &[(&str, &str)]) -> Result<Vec<u8>, String> {
    let mut call = stack.kms.decrypt().ciphertext_blob(blob.clone());
    for (name, value) in context {
        call = call.encryption_context(*name, *value);
    }
    match call.send().await {
        Ok(output) => Ok(output.plaintext.unwrap().into_inner()),
        Err(error) => Err(error.code().unwrap_or_default().to_owned()),
    }
}

#[tokio::test]
async fn a_blob_opens_only_with_the_context_it_was_made_with() {
    let data = TempDir::new().unwrap();
    let stack = Stack::start(data.path()).await;
    let refused = Err("InvalidCiphertextException".to_owned());

    let blob = seal(&stack, &[("account", "a"), ("purpose", "sessions")]).await;
    let swapped = [("purpose", "sessions"), ("account", "a")];
    assert_eq!(open(&stack, &blob, &swapped).await, Ok(b"the data key".to_vec()));
    assert_eq!(open(&stack, &blob, &[("account", "b"), ("purpose", "sessions")]).await, refused);
    assert_eq!(open(&stack, &blob, &[("account", "a")]).await, refused);
    assert_eq!(open(&stack, &blob, &[]).await, refused);

    let without = seal(&stack, &[]).await;
    assert_eq!(open(&stack, &without, &[]).await, Ok(b"the data key".to_vec()));
    assert_eq!(open(&stack, &without, &[("account", "a")]).await, refused);
}

#[tokio::test]
async fn a_changed_blob_does_not_open() {
    let data = TempDir::new().unwrap();
    let stack = Stack::start(data.path()).await;
    let blob = seal(&stack, &[]).await.into_inner();
    for at in [0, 1, blob.len() / 2, blob.len() - 1] {
        let mut changed = blob.clone();
        changed[at] ^= 1;
        assert_eq!(
            open(&stack, &Blob::new(changed), &[]).await,
            Err("InvalidCiphertextException".to_owned())
        );
    }
    assert_eq!(open(&stack, &Blob::new([1]), &[]).await, Err("InvalidCiphertextException".to_owned()));
}

#[tokio::test]
async fn a_blob_opens_after_a_restart_and_nowhere_else() {
    let (data, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let before = Stack::start(data.path()).await;
    let blob = seal(&before, &[("account", "a")]).await;
    before.embedded.stop().await;

    let after = Stack::start(data.path()).await;
    assert_eq!(open(&after, &blob, &[("account", "a")]).await, Ok(b"the data key".to_vec()));
    let other = Stack::start(other.path()).await;
    assert!(open(&other, &blob, &[("account", "a")]).await.is_err());
}

#[tokio::test]
async fn other_operations_and_other_callers_are_refused_by_name() {
    let data = TempDir::new().unwrap();
    let stack = Stack::start(data.path()).await;
    let unknown = stack.kms.generate_data_key().key_id("any").key_spec(DataKeySpec::Aes256).send().await;
    assert_eq!(unknown.unwrap_err().code(), Some("UnknownOperationException"));

    let long = stack.kms.encrypt().key_id("any").plaintext(Blob::new(vec![0; 4097])).send().await;
    assert_eq!(long.unwrap_err().code(), Some("ValidationException"));

    let stranger = aws_sdk_kms::config::Credentials::new("stranger", "secret", None, None, "test");
    let config = stack.kms.config().to_builder().credentials_provider(stranger).build();
    let call = aws_sdk_kms::Client::from_conf(config).encrypt().key_id("any").plaintext(Blob::new([1]));
    assert_eq!(call.send().await.unwrap_err().code(), Some("UnrecognizedClientException"));
}
