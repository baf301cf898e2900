//! `key=value,key=value` with percent signs for what would be misread, as in `OTEL_RESOURCE_ATTRIBUTES`
//! and `OTEL_EXPORTER_OTLP_HEADERS`.

/// Keys with values, in their order.
pub(super) type Pairs = Vec<(String, String)>;

/// Reads a list. Nothing of it is part of the error.
pub(super) fn parse(text: &str) -> Result<Pairs, &'static str> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(pair).collect()
}

fn pair(item: &str) -> Result<(String, String), &'static str> {
    let (key, value) = item.split_once('=').ok_or("it is no list like `key=value,key=value`")?;
    let key = decode(key.trim())?;
    if key.is_empty() {
        return Err("a key is empty");
    }
    Ok((key, decode(value.trim())?))
}

/// Replaces `%20` by what it stands for; a percent sign that begins no such thing is one.
fn decode(text: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|digits| str::from_utf8(digits).ok());
        let is_code = |digits: &&str| digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        match code.filter(is_code).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_and_values_are_decoded() {
        let pairs = parse(" api-key = a%20b%3D%2C , x=1=2,,p=100%,q=%zz, ").unwrap();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(pairs, [("api-key", "a b=,"), ("x", "1=2"), ("p", "100%"), ("q", "%zz")]);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for wrong in ["canary", "=canary", "a=%ff"] {
            let error = parse(wrong).unwrap_err();
            assert!(!error.contains("canary"), "{error}");
        }
        assert_eq!(parse(""), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn nothing_breaks_the_reader(text in "\\PC*") {
            let _ = parse(&text);
        }
    }
}
