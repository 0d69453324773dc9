use std::collections::BTreeMap;

use domain::id::AccountId;
use domain::token::Scope;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Two {
    #[expect(dead_code, reason = "it is read only to be refused")]
    one: u8,
    #[expect(dead_code, reason = "it is read only to be refused")]
    two: u8,
}

fn both(words: &Words) -> [&str; 2] {
    [&words.pt, &words.en]
}

fn of<T: DeserializeOwned>(json: &str) -> Words {
    unfit(&serde_json::from_str::<T>(json).err().unwrap())
}

#[test]
fn a_text_that_is_not_json_is_told_by_what_and_where() {
    for (text, pt, en) in [
        ("", "está vazio", "it is empty"),
        ("[1", "termina no meio de uma lista", "it ends within an array"),
        ("{", "termina no meio de um objeto", "it ends within an object"),
        ("{\"a", "termina no meio de um texto", "it ends within a text"),
        ("{\"a\":", "termina onde falta um valor", "it ends where a value is missing"),
        ("{\"a\" 1}", "falta : depois de uma chave", "a : is missing after a key"),
        ("[1 2]", "falta , ou ] em uma lista", "a , or ] is missing in an array"),
        ("{\"a\":1 2}", "falta , ou } em um objeto", "a , or } is missing in an object"),
        ("nada", "há uma palavra", "there is a word"),
        ("olá", "falta um valor", "a value is missing"),
        ("\"\\x\"", "há um escape (\\) que não existe", "there is an unknown escape"),
        ("-", "termina onde falta um valor", "it ends where a value is missing"),
        ("-a", "há um número mal escrito", "a number is malformed"),
        ("\"\\ud800\"", "há um escape \\u", "an escape \\u"),
        ("\"a\nb\"", "há um caractere de controle", "there is a control character"),
        ("{a:1}", "há uma chave que não está entre aspas duplas", "a key is not in double quotes"),
        ("[1,]", "há uma vírgula a mais", "there is a comma too many"),
        ("{} {}", "há algo depois do fim", "something follows its end"),
        (&"[".repeat(200), "tem níveis demais", "it is nested too deeply"),
    ] {
        let words = no_json(&serde_json::from_str::<Value>(text).unwrap_err());
        assert!(words.pt.starts_with(&format!("o corpo não é JSON: {pt}")), "{text}: {words:?}");
        assert!(words.en.starts_with(&format!("the body is not JSON: {en}")), "{text}: {words:?}");
        assert!(words.pt.contains("(linha ") && words.en.contains("(line "), "{text}: {words:?}");
    }
    let words = no_json(&serde_json::from_str::<Value>("{\n  a: 1}").unwrap_err());
    assert!(words.pt.ends_with("(linha 2, coluna 3)"), "{words:?}");
}

#[test]
fn a_value_that_does_not_fit_is_told_with_what_belongs_there() {
    let text = of::<String>("1");
    assert_eq!(both(&text), ["deve ser um texto, e não o número 1", "must be a text, not the number 1"]);
    let list = of::<Vec<String>>("null");
    assert_eq!(both(&list), ["deve ser uma lista, e não null", "must be an array, not null"]);
    let map = of::<BTreeMap<String, String>>("[]");
    assert_eq!(both(&map), ["deve ser um objeto, e não uma lista", "must be an object, not an array"]);
    let flag = of::<bool>("1.5");
    assert_eq!(
        both(&flag),
        ["deve ser true ou false, e não o número 1.5", "must be true or false, not the number 1.5"]
    );
    let number = of::<f64>("\"dez, expected 10\"");
    let expected = [
        "deve ser um número, e não o texto \"dez, expected 10\"",
        "must be a number, not the text \"dez, expected 10\"",
    ];
    assert_eq!(both(&number), expected);
    let scope = of::<Scope>("\"owner\"");
    let expected = [
        "deve ser admin, ingest, report ou console, e não \"owner\"",
        "must be admin, ingest, report or console, not \"owner\"",
    ];
    assert_eq!(both(&scope), expected);
    let scope = unfit(&serde_json::from_value::<Scope>(5.into()).unwrap_err());
    assert_eq!(both(&scope), ["deve ser um texto, e não o número 5", "must be a text, not the number 5"]);
    let account = of::<AccountId>("\"DEMO\"");
    assert_eq!(both(&account), [IdError::Account.text().pt, IdError::Account.text().en]);
    let two = of::<Two>(r#"{"one":1}"#);
    let expected = ["tem um erro em two, que é obrigatório", "has an error in two, which is required"];
    assert_eq!(both(&two), expected);
    let unknown = of::<Two>(r#"{"three":1}"#);
    assert!(unknown.pt.ends_with("three, que não é aceito aqui: use one ou two"), "{unknown:?}");
    let long = of::<f64>(&format!("{:?}", "x".repeat(100_000)));
    assert!(long.pt.len() < 200 && long.en.len() < 200, "{long:?}");
}

#[test]
fn what_is_not_known_is_quoted() {
    let words = unfit(&serde::de::Error::custom("something else"));
    let expected = [
        "não serve; quem o leu disse, em inglês: \"something else\"",
        "does not fit; its reader said: \"something else\"",
    ];
    assert_eq!(both(&words), expected);
}
