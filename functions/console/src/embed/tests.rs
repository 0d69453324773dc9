use super::*;

const UUID: &str = "1c2d3e4f-aaaa-bbbb-cccc-0123456789ab";

fn embedded(pasted: &str) -> String {
    Embed::parse(pasted).unwrap_or_else(|unfit| panic!("{pasted}: {unfit:?}")).embed_url()
}

#[test]
fn every_shape_of_a_report_s_link_is_rebuilt_as_the_same_embed_address() {
    let page = format!("https://lookerstudio.google.com/embed/reporting/{UUID}/page/p_abc1");
    for path in [
        "reporting/{}/page/p_abc1",
        "reporting/{}/page/p_abc1/",
        "reporting/{}/page/p_abc1/edit",
        "reporting/{}/page/p_abc1?s=kV0Jr2mV4Fg#x",
        "embed/reporting/{}/page/p_abc1",
        "u/0/reporting/{}/page/p_abc1",
        "embed/u/12/reporting/{}/page/p_abc1",
        "c/u/1/reporting/{}/page/p_abc1/preview",
        "c/reporting/{}/page/p_abc1?params=",
    ] {
        let link = format!("https://lookerstudio.google.com/{}", path.replace("{}", UUID));
        assert_eq!(embedded(&link), page, "{link}");
        assert_eq!(embedded(&format!("  {link}\n")), page, "{link}");
    }
    for (link, expected) in [
        (
            "https://datastudio.google.com/reporting/0B_U5RNpwhcE6SF85TENURnc4UjA",
            "https://datastudio.google.com/embed/reporting/0B_U5RNpwhcE6SF85TENURnc4UjA",
        ),
        (
            "HTTPS://LookerStudio.Google.com/s/kV0Jr2mV4Fg",
            "https://lookerstudio.google.com/embed/s/kV0Jr2mV4Fg",
        ),
        (
            "https://datastudio.google.com/embed/s/kV0Jr2mV4Fg",
            "https://datastudio.google.com/embed/s/kV0Jr2mV4Fg",
        ),
    ] {
        assert_eq!(embedded(link), expected, "{link}");
    }
}

#[test]
fn the_address_to_open_is_that_of_the_embed_address_without_the_frame() {
    for (pasted, url) in [
        (
            "https://lookerstudio.google.com/embed/u/0/reporting/0123456789/page/1M",
            "https://lookerstudio.google.com/reporting/0123456789/page/1M",
        ),
        ("https://datastudio.google.com/s/kV0Jr2mV4Fg", "https://datastudio.google.com/s/kV0Jr2mV4Fg"),
    ] {
        let embed = Embed::parse(pasted).unwrap();
        assert_eq!(embed.url(), url);
        assert_eq!(
            (&Embed::parse(&embed.url()).unwrap(), &Embed::parse(&embed.embed_url()).unwrap()),
            (&embed, &embed)
        );
    }
}

#[test]
fn of_the_query_only_the_report_s_parameters_are_kept_and_written_anew() {
    let link = |query: &str| format!("https://lookerstudio.google.com/reporting/0123456789{query}");
    let kept = "?params=%7B%22ds0%2Eteam%22%3A%22Vendas%20%26%20P%C3%B3s%22%7D";
    for query in [
        "?params=%7B%22ds0.team%22:%22Vendas%20%26%20P%C3%B3s%22%7D",
        "?usp=sharing&params=%7b%22ds0.team%22%3a%22Vendas %26 P%C3%B3s%22%7d&x=1#y"
            .replace(' ', "%20")
            .as_str(),
        "?params={\"ds0.team\":\"Vendas%20%26%20Pós\"}",
    ] {
        assert_eq!(Embed::parse(&link(query)).unwrap().url(), link(kept), "{query}");
    }
    for query in ["?usp=sharing", "?xparams=%7B%7D", "?config=%7B%7D", "?", "#params=%7B%7D"] {
        assert_eq!(Embed::parse(&link(query)).unwrap().url(), link(""), "{query}");
    }
    let long = format!("?params=%7B%22a%22:%22{}%22%7D", "x".repeat(MAX_PARAMS));
    for query in
        ["?params=1", "?params=%7B", "?params=%ff", "?params=[%22a%22]", "?params=javascript:1", &long]
    {
        assert_eq!(Embed::parse(&link(query)), Err(Unfit::Params), "{query}");
    }
}

#[test]
fn the_code_that_data_studio_gives_out_is_taken_for_its_address() {
    let address = format!("https://lookerstudio.google.com/embed/reporting/{UUID}/page/abc");
    let google = format!(
        "<iframe width=\"600\" height=\"450\" src=\"{address}\" frameborder=\"0\" style=\"border:0\" allowfullscreen \
         sandbox=\"allow-storage-access-by-user-activation allow-scripts allow-same-origin allow-popups\"></iframe>"
    );
    for html in [
        google.clone(),
        format!("<div>\n{google}\n</div>"),
        format!("<IFRAME SRC='{address}'>"),
        format!("<iframe allowfullscreen src={address}></iframe>"),
        format!("<iframe src = \" {address}?a=1&amp;b=2 \"/>"),
        format!("<iframe data-src=\"https://a.example\" srcdoc=\"<p>\" src=\"{address}\"></iframe>"),
        format!("<iframe title=\"a > src='https://a.example'\" src=\"{address}\"></iframe>"),
        format!("<iframe src=\"{address}\" src=\"https://a.example\"></iframe>"),
    ] {
        assert_eq!(embedded(&html), address, "{html}");
    }
    let params = "<iframe src=\"https://datastudio.google.com/s/abcdefgh?x=1&amp;params={&quot;a&quot;:&#34;b&#34;}\">";
    assert!(embedded(params).ends_with("?params=%7B%22a%22%3A%22b%22%7D"), "{}", embedded(params));
}

#[test]
fn what_is_not_the_code_of_one_frame_is_refused() {
    let address = "https://lookerstudio.google.com/s/abcdefgh";
    for html in [
        "<",
        "<iframe",
        "<iframe>",
        "<iframe src>",
        "<iframe src=",
        "<iframe src=\"",
        "<iframe =\"a\" ='b' =>",
        &format!("<iframe src=\"{address}"),
        &format!("<iframe src={address}"),
        &format!("<iframes src=\"{address}\">"),
        &format!("<img src=\"{address}\">"),
        &format!("<iframe srcdoc=\"{address}\">"),
        &format!("<iframe src=\"{address}\"></iframe><iframe src=\"{address}\"></iframe>"),
        &format!("<!-- <iframe src=\"{address}\"> --><script>x()</script><iframe></iframe>"),
    ] {
        assert!(
            matches!(Embed::parse(html), Err(Unfit::NoFrame | Unfit::NoLink)),
            "{html}: {:?}",
            Embed::parse(html)
        );
    }
    for (html, unfit) in [
        ("<iframe src=\"https://a.example/reporting/0123456789\">", Unfit::OtherHost),
        ("<iframe src=\"javascript:alert(1)\">", Unfit::NoLink),
        ("<iframe src=\"//lookerstudio.google.com/s/abcdefgh\">", Unfit::NoLink),
        ("<iframe src=\"http&#58;//lookerstudio.google.com/s/abcdefgh\">", Unfit::NotHttps),
    ] {
        assert_eq!(Embed::parse(html), Err(unfit), "{html}");
    }
}

#[test]
fn a_text_that_is_no_https_link_is_refused() {
    for (pasted, unfit) in [
        ("", Unfit::NoLink),
        ("painel de vendas", Unfit::NoLink),
        ("lookerstudio.google.com/reporting/0123456789", Unfit::NoLink),
        ("javascript:alert(1)", Unfit::NoLink),
        ("data:text/html,<iframe>", Unfit::NoLink),
        ("https:/lookerstudio.google.com/s/abcdefgh", Unfit::NoLink),
        ("https:\\\\lookerstudio.google.com\\s\\abcdefgh", Unfit::NoLink),
        ("https://lookerstudio.google.com\\@a.example/s/abcdefgh", Unfit::NoLink),
        ("https://lookerstudio.google.com/s/abcdefgh\" onload=\"x", Unfit::NoLink),
        ("https://lookerstudio.google.com/s/abc\tdefgh", Unfit::NoLink),
        ("https://lookerstudio.google.com/s/abcdefgh\u{a0}x", Unfit::NoLink),
        ("http://lookerstudio.google.com/s/abcdefgh", Unfit::NotHttps),
        ("ftp://lookerstudio.google.com/s/abcdefgh", Unfit::NotHttps),
        ("javascript://lookerstudio.google.com/%0aalert(1)", Unfit::NotHttps),
        ("view-source:https://lookerstudio.google.com/s/abcdefgh", Unfit::NotHttps),
    ] {
        assert_eq!(Embed::parse(pasted), Err(unfit), "{pasted}");
    }
    let long = format!("https://lookerstudio.google.com/s/abcdefgh?{}", "x".repeat(MAX_BYTES));
    assert_eq!(Embed::parse(&long), Err(Unfit::TooLong));
}

#[test]
fn a_link_of_any_other_host_is_refused_however_much_it_looks_like_one() {
    for pasted in [
        "https://a.example/reporting/0123456789",
        "https://google.com/s/abcdefgh",
        "https://goo.gl/abcdefgh",
        "https://lookerstudio.google.com.a.example/s/abcdefgh",
        "https://a.example#lookerstudio.google.com/s/abcdefgh",
        "https://a.example?lookerstudio.google.com/s/abcdefgh",
        "https://lookerstudio.google.com@a.example/s/abcdefgh",
        "https://user@lookerstudio.google.com/s/abcdefgh",
        "https://user:key@lookerstudio.google.com/s/abcdefgh",
        "https://lookerstudio.google.com:443/s/abcdefgh",
        "https://lookerstudio.google.com:8443/s/abcdefgh",
        "https://lookerstudio.google.com./s/abcdefgh",
        "https://xlookerstudio.google.com/s/abcdefgh",
        "https://lookerstudi\u{43e}.google.com/s/abcdefgh",
        "https://lookerstudio%2egoogle.com/s/abcdefgh",
        "https:///lookerstudio.google.com/s/abcdefgh",
        "https://",
    ] {
        assert_eq!(Embed::parse(pasted), Err(Unfit::OtherHost), "{pasted}");
    }
}

#[test]
fn an_address_of_data_studio_that_is_no_report_is_refused_with_its_reason() {
    for (pasted, unfit) in [
        ("https://lookerstudio.google.com/datasources/0123456789", Unfit::DataSource),
        ("https://lookerstudio.google.com/u/0/datasources/create?connectorId=x", Unfit::DataSource),
        ("https://lookerstudio.google.com/c/u/0/explorer/0123456789", Unfit::Explorer),
        ("https://lookerstudio.google.com/reporting/create?c.reportId=0123456789", Unfit::Creates),
        ("https://lookerstudio.google.com/embed/reporting/create", Unfit::Creates),
        ("https://lookerstudio.google.com", Unfit::NoReport),
        ("https://lookerstudio.google.com/navigation/reporting", Unfit::NoReport),
        ("https://lookerstudio.google.com/u/0/", Unfit::NoReport),
        ("https://lookerstudio.google.com/u/x/reporting/0123456789", Unfit::NoReport),
        ("https://lookerstudio.google.com/gallery", Unfit::NoReport),
        ("https://lookerstudio.google.com//evil.example/reporting/0123456789", Unfit::NoReport),
        ("https://lookerstudio.google.com/../reporting/0123456789", Unfit::NoReport),
        ("https://lookerstudio.google.com/reporting", Unfit::BrokenId),
        ("https://lookerstudio.google.com/reporting/", Unfit::BrokenId),
        ("https://lookerstudio.google.com/reporting/short", Unfit::BrokenId),
        ("https://lookerstudio.google.com/reporting/01234567%2f89", Unfit::BrokenId),
        ("https://lookerstudio.google.com/reporting/0123456789/page", Unfit::BrokenId),
        ("https://lookerstudio.google.com/reporting/0123456789/page/a.b", Unfit::BrokenId),
        ("https://lookerstudio.google.com/reporting/0123456789/page/../../../x", Unfit::BrokenId),
        ("https://lookerstudio.google.com/reporting/0123456789;x/page/a", Unfit::BrokenId),
        ("https://lookerstudio.google.com/reporting/0123456789'onload='x", Unfit::BrokenId),
        ("https://lookerstudio.google.com/reporting/01234567\u{e9}9", Unfit::BrokenId),
        ("https://lookerstudio.google.com/s/abc", Unfit::BrokenId),
        ("https://lookerstudio.google.com/s/abcdefgh/x", Unfit::BrokenId),
    ] {
        assert_eq!(Embed::parse(pasted), Err(unfit), "{pasted}");
    }
}

#[test]
fn whatever_is_pasted_becomes_an_address_of_data_studio_or_is_refused() {
    // Every single place of good texts, with every odd letter in it: refused, or rebuilt from plain letters.
    let link =
        format!("https://lookerstudio.google.com/u/0/reporting/{UUID}/page/p_1?params=%7B%22a%22:1%7D#x");
    for good in [&link, &format!("<iframe allow=x src=\"{link}\"></iframe>")] {
        for (at, _) in good.char_indices() {
            for odd in [
                "\"", "'", "<", ">", "/", "\\", "@", ":", ";", "#", "?", "&", "%00", " ", "\u{0}",
                "\u{202e}", "é",
            ] {
                let pasted = format!("{}{odd}{}", &good[..at], &good[at..]);
                let Ok(embed) = Embed::parse(&pasted) else { continue };
                for address in [embed.url(), embed.embed_url()] {
                    let rest = address.strip_prefix("https://lookerstudio.google.com/").unwrap();
                    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-_?=%".contains(&b);
                    assert!(rest.bytes().all(plain) && !rest.contains("//"), "{pasted}: {address}");
                }
            }
        }
    }
}
