use aws_sdk_s3::config::Credentials;
use store::Names;

use super::*;

fn parse_json(json: &str) -> Result<File, Problem> {
    parse(web::input::parse_json(json.as_bytes())?)
}

fn store() -> Store {
    let keys = Credentials::new("AKIDEXAMPLE", "secret", Some("session".to_owned()), None, "test");
    let config = store::aws::builder("sa-east-1", keys).build();
    let name = |text: &str| text.to_owned();
    let names = Names {
        table: name("table"),
        lake_bucket: name("lake"),
        media_bucket: name("media"),
        key: name("key"),
    };
    Store::new(&config, names)
}

#[test]
fn a_file_has_a_name_a_type_and_a_size() {
    for (filename, content_type, size) in [
        ("a", "image/jpeg", 1),
        ("relatório 📷.pdf", "application/pdf", MAX_BYTES),
        ("voz.ogg", "audio/ogg; codecs=opus", 1),
    ] {
        let json = serde_json::json!({"filename": filename, "content_type": content_type, "size": size});
        let file = parse_json(&json.to_string()).unwrap();
        assert_eq!(
            (file.filename.as_str(), file.content_type.as_str(), file.size),
            (filename, content_type, size)
        );
    }
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let long = "a".repeat(256);
    for (field, value) in [
        ("filename", ""),
        ("filename", "a\u{0}b"),
        ("filename", "a\r\nb"),
        ("filename", &long),
        ("content_type", ""),
        ("content_type", "jpeg"),
        ("content_type", "image/"),
        ("content_type", "/jpeg"),
        ("content_type", "image/jpeg\r\nx: y"),
        ("content_type", "imagem/ção"),
        ("content_type", &format!("image/{long}")),
    ] {
        let mut json = serde_json::json!({"filename": "a", "content_type": "image/png", "size": 1});
        json[field] = value.into();
        let problem = parse_json(&json.to_string()).unwrap_err();
        assert_eq!(problem.status().as_u16(), 422, "{field} {value}");
        assert!(problem.detail().starts_with(field), "{field} {value}: {}", problem.detail());
    }
    for size in ["0", "-1", "1.5", "\"1\"", "2147483649", "null"] {
        let json = format!(r#"{{"filename":"a","content_type":"image/png","size":{size}}}"#);
        assert!(parse_json(&json).unwrap_err().detail().starts_with("size"), "{size}");
    }
}

#[tokio::test]
async fn type_size_and_name_are_part_of_the_signature_and_nothing_else_must_be_sent() {
    let account = AccountId::try_from("demo".to_owned()).unwrap();
    let storage = StorageId::try_from("s1".to_owned()).unwrap();
    let file =
        File { filename: "voz.ogg".to_owned(), content_type: "audio/ogg; codecs=opus".to_owned(), size: 7 };
    let upload = sign(&store(), &account, &storage, file, Instant(0)).await.unwrap();
    let expected = [
        ("content-length", "7"),
        ("content-type", "audio/ogg; codecs=opus"),
        ("if-none-match", "*"),
        ("x-amz-meta-filename", "dm96Lm9nZw"),
    ];
    let headers: Vec<_> =
        upload.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(headers, expected);
    assert_eq!((upload.method.as_str(), upload.expires_at.as_str()), ("PUT", "1970-01-01T00:15:00Z"));
    let signed =
        "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bif-none-match%3Bx-amz-meta-filename";
    assert!(upload.url.contains(signed), "{}", upload.url);
    assert!(upload.url.contains("X-Amz-Expires=900"), "{}", upload.url);
    assert!(upload.url.contains(&key::media_object(&account, &storage)), "{}", upload.url);
    assert!(!upload.url.contains("checksum"), "{}", upload.url);
}
