use agentcy_ui::{Asset, router};
use axum::{body::Body, http::Request, response::Response};
use http::{StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

fn site(path: &str) -> Option<Asset> {
    let content: &'static [u8] = match path {
        "index.html" => b"home",
        "index.html.csp" => b"'sha256-abc='",
        "chat/index.html" => b"chat",
        "404.html" => b"lost",
        "_next/static/a-1.js" => b"script",
        "_next/static/a-1.js.gz" => b"packed",
        "icon.svg" => b"<svg/>",
        _ => return None,
    };
    let mut digest = [0; 32];
    digest[..content.len().min(32)].copy_from_slice(&content[..content.len().min(32)]);
    Some(Asset { content: content.into(), digest })
}

async fn ask(path: &str, headers: &[(header::HeaderName, &str)]) -> Response {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    router(site).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn body(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn head(response: &Response, name: header::HeaderName) -> &str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn the_root_leads_to_the_pages() {
    let response = ask("/", &[]).await;
    assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(head(&response, header::LOCATION), "/app/");
}

#[tokio::test]
async fn a_page_without_its_slash_is_led_to_it_with_its_query() {
    let response = ask("/app/chat?conversation=conv_1", &[]).await;
    assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
    assert_eq!(head(&response, header::LOCATION), "/app/chat/?conversation=conv_1");
    let response = ask("/app?x=1", &[]).await;
    assert_eq!(head(&response, header::LOCATION), "/app/?x=1");
}

#[tokio::test]
async fn a_page_runs_its_own_scripts_and_no_others() {
    let response = ask("/app/", &[]).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(head(&response, header::CONTENT_TYPE), "text/html; charset=utf-8");
    assert_eq!(head(&response, header::CACHE_CONTROL), "no-cache");
    let policy = head(&response, header::CONTENT_SECURITY_POLICY);
    assert!(policy.contains("script-src 'self' 'sha256-abc=';"), "{policy}");
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert_eq!(body(response).await, "home");
}

#[tokio::test]
async fn a_page_that_is_known_is_not_sent_again() {
    let first = ask("/app/chat/", &[]).await;
    let etag = head(&first, header::ETAG).to_owned();
    for known in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}")] {
        let again = ask("/app/chat/", &[(header::IF_NONE_MATCH, known.as_str())]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(body(again).await, "");
    }
    let other = ask("/app/chat/", &[(header::IF_NONE_MATCH, "\"other\"")]).await;
    assert_eq!(other.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_script_is_kept_for_good_and_sent_packed_to_who_can_unpack() {
    let packed =
        ask("/app/_next/static/a-1.js", &[(header::ACCEPT_ENCODING, "br, gzip;q=0.8")]).await;
    assert_eq!(head(&packed, header::CONTENT_ENCODING), "gzip");
    assert_eq!(head(&packed, header::CONTENT_TYPE), "text/javascript; charset=utf-8");
    assert_eq!(head(&packed, header::CACHE_CONTROL), "public, max-age=31536000, immutable");
    assert_eq!(body(packed).await, "packed");
    for refusing in ["identity", "gzip;q=0", ""] {
        let plain = ask("/app/_next/static/a-1.js", &[(header::ACCEPT_ENCODING, refusing)]).await;
        assert_eq!(head(&plain, header::CONTENT_ENCODING), "");
        assert_eq!(body(plain).await, "script");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_by_the_page_for_that() {
    for path in ["/app/nothing", "/app/nothing/", "/app/_next/static/gone.js", "/app/../Cargo.toml"]
    {
        let response = ask(path, &[]).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(body(response).await, "lost", "{path}");
    }
}

#[tokio::test]
async fn a_build_without_pages_says_so_and_names_the_way() {
    let request = Request::get("/app/").body(Body::empty()).unwrap();
    let response = router(|_| None).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(body(response).await.contains("npm run build"));
}
