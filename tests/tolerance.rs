//! What platforms really send: no session is lost for one odd value, and what is odd is told.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, answer, query};

/// Deliveries that were seen in public, with people and companies replaced.
macro_rules! delivery {
    ($file:literal) => {
        include_str!(concat!("samples/deliveries/", $file))
    };
}

/// Posts a file as it is.
async fn post(world: &World, token: &str, kind: &str, body: &'static str) -> Value {
    let request = world.request(Method::POST, "/v1/sessions", token).header("content-type", kind);
    let (status, answer) = answer(request.body(body)).await;
    assert_eq!((status, &answer["rejected"]), (StatusCode::OK, &json!(0)), "{answer}");
    assert_eq!(answer["accepted"], answer["received"], "{answer}");
    answer
}

async fn post_lines(world: &World, token: &str, body: &'static str) -> Value {
    post(world, token, "application/x-ndjson", body).await
}

async fn post_one(world: &World, token: &str, body: &'static str) -> Value {
    post(world, token, "application/json", body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_of_the_platform_is_read_as_it_is() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let told = post_one(&world, &ingest, delivery!("delivery-human-start.json")).await;
    assert_eq!(
        (&told["warned"], &told["warnings"][0]["field"]),
        (&json!(1), &json!("timerOnWait")),
        "{told}"
    );
    assert!(told["unknown_keys"].as_array().unwrap().contains(&json!("created_at_utc")), "{told}");
    let fields = [
        "session_id",
        "created_at",
        "lastInteraction",
        "agent_id",
        "campaign_id",
        "contact_id",
        "channel_id",
        "platform",
        "protocol",
        "isAttendance",
        "timerOnWait",
    ];
    let expected = json!([
        "6a31a8278e1ce51ee7000001",
        "20260616164647",
        "20260616165217",
        "69c3f0dda6d61f7a7400a001",
        "699ddfd557ce08bd8a05b001",
        "69e571bb5fd9394f9000d001",
        "69c522ef1ef13549bf68c001",
        "WhatsappBusiness",
        "2026061600001",
        true,
        null,
    ]);
    assert_eq!(json!(world.rows_once(&report, &query("sessions", &fields), 1).await[0]), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn zero_dates_are_nothing_and_other_notations_are_read() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let told = post_lines(&world, &ingest, delivery!("zero-dates.ndjson")).await;
    assert_eq!((&told["received"], &told["warned"]), (&json!(7), &json!(0)), "{told}");
    post_one(&world, &ingest, delivery!("date-utc-suffix.json")).await;
    let told = post_one(&world, &ingest, delivery!("timer-on-wait-instant.json")).await;
    let message = &told["warnings"][0]["message"];
    assert!(message.as_str().unwrap().contains("2026-10-03 14:06:01.816217"), "the value is quoted: {told}");
    let fields = [
        "session_id",
        "finished_at",
        "agent_logged_at",
        "contact_lastInteraction",
        "timerOnWait",
        "created_at",
    ];
    for row in world.rows_once(&report, &query("sessions", &fields), 9).await {
        let finished_at = if row[0] == "u10" { json!("20261003143110") } else { Value::Null };
        let expected = [finished_at, Value::Null, Value::Null, Value::Null, json!("20261003140522")];
        assert_eq!(row[1..], expected, "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_and_records_come_in_many_shapes() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    for told in [
        post_lines(&world, &ingest, delivery!("other-shapes.ndjson")).await,
        post_lines(&world, &ingest, delivery!("lists.ndjson")).await,
    ] {
        assert_eq!(told["warned"], 0, "{told}");
    }
    let fields =
        ["session_id", "channel", "tabulation", "agent_id", "agent_name", "campaign_name", "contact_name"];
    let rows = world.rows_once(&report, &query("sessions", &fields), 8).await;
    let of = |id: &str| json!(rows.iter().find(|row| row[0] == id).unwrap()[1..]);
    let nothing = Value::Null;
    assert_eq!(
        of("f04-channel-description"),
        json!(["WhatsApp Suporte", nothing, nothing, nothing, nothing, nothing])
    );
    assert_eq!(of("f04-tabulation-name"), json!([nothing, "Resolvido", nothing, nothing, nothing, nothing]));
    assert_eq!(of("f04-lookup-list"), json!([nothing, nothing, "a1", "Agente", "Equipe", "Contato"]));
    assert_eq!(of("f04-bare-id"), json!([nothing, nothing, "a1", nothing, nothing, nothing]));

    let talks = world.rows(&report, &query("talks", &["session_id", "talks_message"])).await;
    let said =
        |id: &str| -> Vec<&Value> { talks.iter().filter(|row| row[0] == id).map(|row| &row[1]).collect() };
    assert_eq!(said("f05-php-gap"), ["oi", "ok"]);
    assert_eq!(said("f05-location"), [r#"{"latitude": -23.5, "longitude": -46.6}"#]);
    let options = world.rows(&report, &query("talk_options", &["talks_options_text"])).await;
    assert_eq!(options, [[json!("Suporte")], [json!("Vendas")]]);
    let platforms = ["contact_platforms_platform", "contact_platforms_platform_id"];
    let platforms = world.rows(&report, &query("contact_platforms", &platforms)).await;
    assert_eq!(platforms, [[json!("WhatsappBusiness"), json!("5511900000001")]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn regular_expressions_are_those_of_re2() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let case: Value = serde_json::from_str(delivery!("regex-dialect.json")).unwrap();
    world.ingest_all(&ingest, case["sessions"].as_array().unwrap(), "accepted").await;
    let mut ask = query("sessions", &["campaign_name"]);
    world.rows_once(&report, &ask, 4).await;
    let expected = [json!(["Suporte"]), json!(["Manutenção"]), json!(["a&b"])];
    for (filter, expected) in case["filters"].as_array().unwrap().iter().zip(expected) {
        ask["dimensionsFilters"] = json!([[{
            "fieldName": "campaign_name", "type": "INCLUDE", "operator": filter[0], "values": [filter[1]],
        }]]);
        let names: Vec<Value> =
            world.rows(&report, &ask).await.into_iter().map(|row| row[0].clone()).collect();
        assert_eq!(json!(names), expected, "{filter}");
    }
    ask["dimensionsFilters"][0][0]["values"] = json!(["(?x) Suporte"]);
    let (_, page) = world.post("/v1/data", &report, &ask).await;
    assert_eq!(
        (&page["filtersApplied"], page["rows"].as_array().unwrap().len()),
        (&json!(false), 4),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_s_origin_and_type_have_one_name_in_every_language() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let talk = |origin: &str, kind: &str| json!({"origin": origin, "type": kind, "message": "oi"});
    let session = json!({
        "session_id": "s", "created_at": "2026-10-03 14:05:22",
        "talks": [
            talk("contato", "texto"), talk("Agente", "imagem"), talk("automático", "image"), talk("administrador", "poll"),
            talk("bot", "áudio"),
        ],
    });
    world.ingest_all(&ingest, &[session], "accepted").await;
    let fields = ["talks_origin", "talks_origin_label", "talks_type", "talks_type_label"];
    let rows = world.rows_once(&report, &query("talks", &fields), 5).await;
    let expected = json!([
        ["contact", "Contato", "text", "Texto"],
        ["agent", "Agente", "image", "Imagem"],
        ["automatic", "Automático", "image", "Imagem"],
        ["admin", "Administrador", "poll", "poll"],
        ["bot", "bot", "audio", "Áudio"],
    ]);
    assert_eq!(json!(rows), expected);
    let mut by_label = query("talks", &["talks_message"]);
    by_label["dimensionsFilters"] = json!([[{
        "fieldName": "talks_origin_label", "type": "INCLUDE", "operator": "EQUALS", "values": ["Contato"],
    }]]);
    assert_eq!(world.rows(&report, &by_label).await.len(), 1);
    let counts = ["messages", "messages_contact", "messages_agent", "messages_automatic"];
    let counts = world.rows(&report, &query("summary", &counts)).await;
    assert_eq!(json!(counts), json!([[5, 1, 1, 1]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn validation_answers_the_same_and_stores_nothing() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let console = world.token("demo", "console").await;
    let kept = json!({"session_id": "kept", "created_at": "2026-10-03 12:00:00", "updated_at": "2026-10-03 13:00:00"});
    world.ingest_all(&ingest, std::slice::from_ref(&kept), "accepted").await;
    let mut older = kept.clone();
    older["updated_at"] = json!("2026-10-03 12:30:00");
    let new = |minute: u8, phase: &str| {
        json!({
            "session_id": "new", "created_at": "2026-10-03 12:00:00", "status": phase, "timerOnWait": "ontem",
            "updated_at": format!("2026-10-03 13:{minute:02}:00"), "cor": 1,
        })
    };
    let batch = json!([
        kept, older, new(5, "open"), new(5, "open"), new(4, "open"), new(6, "finished"), {"session_id": "bad"},
        {"session_id": "early", "created_at": "1999-01-01"},
    ]);
    let send = async |path: &str| world.post(path, &ingest, &batch).await;
    let trial = send("/v1/sessions?validate=true").await;
    assert_eq!(trial, send("/v1/sessions?validate=true").await);
    let (_, receipts) = world.get("/v1/receipts?start=2026-10-03&end=2026-10-03", &console).await;
    assert_eq!(receipts["days"][0]["received"], 1, "{receipts}");
    let today = domain::time::Instant::now().to_utc().date_naive();
    let days = format!("/v1/receipts?start={}&end={today}", today.pred_opt().unwrap());
    let (_, noted) = world.get(&days, &console).await;
    assert_eq!((&noted["rejected"], &noted["left_out"]), (&json!([]), &json!([])), "{noted}");

    let stored = send("/v1/sessions").await;
    // What is only tried is not said to be stored, and nothing else differs.
    let (would_be, was) =
        ("would be left out and the session would be stored", "was left out and the session was stored");
    assert!(!trial.1.to_string().contains(was), "{}", trial.1);
    let said = trial.1.to_string().replace(would_be, was);
    assert_eq!((trial.0, serde_json::from_str(&said).unwrap()), stored);
    assert_eq!(
        said.matches(was).count(),
        3,
        "of four values, one is of a version that was not stored: {said}"
    );
    let (status, told) = stored;
    assert_eq!(status, StatusCode::MULTI_STATUS);
    assert_eq!(
        [
            &told["accepted"],
            &told["unchanged"],
            &told["stale"],
            &told["ignored"],
            &told["rejected"],
            &told["warned"]
        ],
        [&json!(2), &json!(2), &json!(2), &json!(1), &json!(1), &json!(4)],
        "{told}"
    );
    assert_eq!(told["unknown_keys"], json!(["cor"]));
    world.rows_once(&report, &query("sessions", &["session_id"]), 2).await;
    assert_eq!(send("/v1/sessions?validate=perhaps").await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_out_is_counted_by_field_without_what_it_said() {
    let world = World::start().await;
    let (ingest, _) = world.account("demo").await;
    let console = world.token("demo", "console").await;
    let odd = |id: u8, timer: &str, finished_at: &str| {
        let (created_at, timers) = ("2026-10-03 12:00:00", json!({"tma": timer}));
        json!({"session_id": id.to_string(), "created_at": created_at, "attendance_timer": timers, "finished_at": finished_at})
    };
    world
        .ingest_all(&ingest, &[odd(1, "Segredo 1", "Ana às 10h"), odd(2, "Segredo 2", "")], "accepted")
        .await;
    world.ingest_all(&ingest, &[odd(3, "Segredo 37", "")], "accepted").await;
    let today = domain::time::Instant::now().to_utc().date_naive();
    let path = format!("/v1/receipts?start={}&end={today}", today.pred_opt().unwrap());
    let told = async |lang: &str| {
        let request = world.request(Method::GET, &path, &console).header("accept-language", lang);
        answer(request).await.1["left_out"].clone()
    };
    let values = told("pt-BR").await;
    assert!(!values.to_string().contains("Segredo") && !values.to_string().contains("Ana"), "{values}");
    assert_eq!(values.as_array().unwrap().len(), 2, "{values}");
    let [timer, finished] = [&values[0], &values[1]];
    assert_eq!(
        [&timer["field"], &timer["count"], &timer["shape"], &timer["message"]],
        [
            &json!("attendance_timer_tma"),
            &json!(3),
            &json!("\"Aaaaaaa 99\""),
            &json!("attendance_timer.tma deve ser um número de segundos, ou hh:mm:ss")
        ]
    );
    assert_eq!(
        [&finished["field"], &finished["count"], &finished["shape"]],
        [&json!("finished_at"), &json!(1), &json!("\"Aaa aa 99a\"")]
    );
    let values = told("en").await;
    assert_eq!(values[0]["message"], "attendance_timer.tma must be a number of seconds, or hh:mm:ss");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_outcome_that_is_not_stored_says_why_in_the_client_s_language() {
    let world = World::start().await;
    let ingest = world.token("fresh", "ingest").await;
    let send = async |lang: &str, body: &'static str| {
        let request = world.request(Method::POST, "/v1/sessions", &ingest).header("accept-language", lang);
        answer(request.body(body)).await.1
    };
    let session = r#"{"session_id":"s","created_at":"2026-10-03"}"#;
    for (lang, ignored, broken) in [
        ("pt-BR", "a conta ainda não guarda sessões", "o corpo não é uma sessão"),
        ("en", "the account keeps no sessions yet", "the body is neither a session"),
    ] {
        let told = send(lang, session).await;
        assert!(told["results"][0]["message"].as_str().unwrap().starts_with(ignored), "{told}");
        let told = send(lang, "olá").await;
        assert!(told["detail"].as_str().unwrap().starts_with(broken), "{told}");
    }
}
