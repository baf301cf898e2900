//! The parameters of a request, read strictly: what is unknown, said twice or no text is refused by name.
//!
//! Knows no parameter itself; each resource asks for those it has.

use percent_encoding::percent_decode_str;

use crate::security::Problem;

/// Parameters in one address; more than any resource has.
const PARAMETERS_MAX: usize = 32;

/// What stands behind the `?`, by name.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    pairs: Vec<(String, String)>,
}

impl Parameters {
    /// Reads a query.
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, Problem> {
        let mut parameters = Self::default();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name =
                decoded(name).ok_or_else(|| Problem::bad_request("a parameter is no text"))?;
            let value = decoded(value)
                .ok_or_else(|| Problem::bad_parameter(&name, "is no text of valid UTF-8"))?;
            if parameters.pairs.iter().any(|(other, _)| *other == name) {
                return Err(Problem::bad_parameter(name, "is given twice"));
            }
            if parameters.pairs.len() == PARAMETERS_MAX {
                return Err(Problem::bad_request("too many parameters"));
            }
            parameters.pairs.push((name, value));
        }
        Ok(parameters)
    }

    /// Takes a parameter out.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let place = self.pairs.iter().position(|(other, _)| other == name)?;
        Some(self.pairs.swap_remove(place).1)
    }

    /// Takes a whole number out that must not be below or above a bound.
    pub(crate) fn number(
        &mut self,
        name: &str,
        bounds: std::ops::RangeInclusive<usize>,
    ) -> Result<Option<usize>, Problem> {
        let Some(text) = self.take(name) else { return Ok(None) };
        // `+7` is none: what is sent is what is documented.
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = Some(&text).filter(|_| digits).and_then(|text| text.parse().ok());
        if let Some(number) = number.filter(|number| bounds.contains(number)) {
            return Ok(Some(number));
        }
        let (least, most) = bounds.into_inner();
        let wanted = format!("must be a whole number from {least} to {most}");
        Err(Problem::bad_parameter(name, wanted))
    }

    /// Takes a number from 0 to 1 out.
    pub(crate) fn share(&mut self, name: &str) -> Result<Option<f64>, Problem> {
        let Some(text) = self.take(name) else { return Ok(None) };
        // `inf`, `nan` and `+1` are none.
        let is_number = |byte: u8| byte.is_ascii_digit() || b".eE-".contains(&byte);
        let share = Some(&text).filter(|text| text.bytes().all(is_number));
        let share = share.and_then(|text| text.parse::<f64>().ok());
        let share = share.filter(|share| (0.0..=1.0).contains(share));
        let wanted = "must be a number from 0 to 1";
        share.map(Some).ok_or_else(|| Problem::bad_parameter(name, wanted))
    }

    /// Takes `true` or `false` out.
    pub(crate) fn flag(&mut self, name: &str) -> Result<Option<bool>, Problem> {
        match self.take(name).as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Problem::bad_parameter(name, "must be `true` or `false`")),
        }
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        match self.pairs.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => {
                Err(Problem::bad_parameter(name, "is no parameter of this resource"))
            }
        }
    }
}

/// Text without the one character that no name has.
fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    let text = percent_decode_str(&text).decode_utf8().ok()?;
    (!text.contains('\0')).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_once_each() {
        let mut parameters = Parameters::parse(Some("q=a+b%2Bc&limit=7&&flag=true&x")).unwrap();
        assert_eq!(parameters.take("q").as_deref(), Some("a b+c"));
        assert_eq!(parameters.number("limit", 1..=9).unwrap(), Some(7));
        assert_eq!(parameters.flag("flag").unwrap(), Some(true));
        assert_eq!(parameters.take("x").as_deref(), Some(""));
        assert_eq!((parameters.take("q"), parameters.flag("none").unwrap()), (None, None));
        parameters.finish().unwrap();
    }

    #[test]
    fn nonsense_is_refused() {
        for query in ["a=1&a=2", "q=%ff", "q=%00", "%ff=1", "q=a%00b"] {
            assert!(Parameters::parse(Some(query)).is_err(), "{query}");
        }
        for limit in ["-1", "0", "10", "1e2", "+7", "", "1000000000000000000", "7 ", "٣"] {
            let mut parameters = Parameters { pairs: vec![("limit".to_owned(), limit.to_owned())] };
            assert!(parameters.number("limit", 1..=9).is_err(), "{limit}");
        }
        assert!(Parameters::parse(Some("b=1")).unwrap().finish().is_err());
        assert!(Parameters::parse(Some("b=yes")).unwrap().flag("b").is_err());
        for share in ["-1", "1.1", "inf", "nan", "", "+1", "1e400", "0x1"] {
            let mut parameters = Parameters { pairs: vec![("s".to_owned(), share.to_owned())] };
            assert!(parameters.share("s").is_err(), "{share}");
        }
        assert_eq!(Parameters::parse(Some("s=5e-1")).unwrap().share("s").unwrap(), Some(0.5));
    }
}
