//! Which words are grammar: around a literal only these can stand without an operator between.
//!
//! Not complete for any dialect: a word that is missing here makes us drop a statement, not show it.

/// Keywords that may stand directly before or behind a literal, sorted.
const KEYWORDS: [&str; 262] = split(
    "\
    ABORT ABS ACCOUNT ACTION ADD AFTER AGAINST ALL ALTER ALWAYS ANALYZE AND ANY AS ASC AT ATTRIBUTE \
    AUTOINCREMENT AUTO_INCREMENT BEFORE BEGIN BETWEEN BINARY BOTH BREAK BY CALL CASCADE CASE CHANGE \
    CHARACTER CHARSET CHECK COLLATE COLUMNS COMMENT COMMIT CONFLICT CONNECT CONNECTION CONSTRAINT \
    CONTAINS CONTINUE COST CREATE CROSS CSV CURRENT CYCLE DATABASE DAY DAY_HOUR DAY_MICROSECOND \
    DAY_MINUTE DAY_SECOND DECLARE DEFAULT DEFERRABLE DEFINER DELAY DELETE DELIMITER DESC DESCRIBE \
    DETACH DETERMINISTIC DIRECTORY DISTINCT DIV DO DUPLICATE ELSE ELSEIF ELSIF EMPTY ENCLOSED \
    ENCODING END ENDS ENGINE ENUM ERROR ERRORS ESCAPE ESCAPED EVERY EXCEPT EXEC EXECUTE EXISTS \
    EXPLAIN FETCH FIELDS FIELDTERMINATOR FILTER FOLLOWING FOR FOREACH FORMAT FROM FULL GENERATED \
    GLOB GO GRANT GROUP HASHED HAVING HEADER HOUR HOUR_MICROSECOND HOUR_MINUTE HOUR_SECOND \
    IDENTIFIED IF IGNORE ILIKE IMMEDIATE IMMUTABLE IN INCREMENT INFILE INNER INSERT INTERSECT \
    INTERVAL INTO INVOKER IS ISNULL JOIN KEY LANGUAGE LATERAL LEADING LEFT LIKE LIMIT LINES LOCATION \
    MATCH MATERIALIZED MEMBER MERGE MICROSECOND MINUS MINUTE MINUTE_MICROSECOND MINUTE_SECOND MOD \
    MODE MONTH MUST_CHANGE NATURAL NEXT NOT NOTNULL NOWAIT NULL NULLS OF OFFSET ON OPERATOR OPTION \
    OPTIONAL OPTIONALLY OPTIONS OR ORDER OTHERS OUT OUTER OUTFILE OUTPUT OVER OVERLAPS PARALLEL \
    PARTITION PASSING PASSWORD PATH PERCENT PRECEDING PREPARE PREPARED PRIMARY PRINT PROGRAM QUARTER \
    QUOTE RAISERROR RANGE REFERENCES REGEXP REMOVE REPLACE REQUIRE RETURN RETURNING RETURNS RIGHT \
    RLIKE ROLLBACK ROW ROWS SAVEPOINT SCHEMA SECOND SECOND_MICROSECOND SECURITY SELECT SEPARATOR SET \
    SIMILAR SKIP SOME SOUNDS STABLE START STARTING STARTS STORED STRICT TABLE TABLESPACE TEMPLATE \
    TERMINATED THEN TIES TO TOP TRAILING TRANSACTION TRIM UESCAPE UNION UNIQUE UNTIL UNWIND UPDATE \
    USE USER USING VALID VALUES VERSION VIRTUAL VOLATILE WEEK WHEN WHERE WHILE WINDOW WITH WITHIN \
    WITHOUT XOR YEAR YEAR_MONTH YIELD ZONE",
);

/// Types whose literals have the name of the type before them, sorted.
const TYPES: [&str; 56] = split(
    "\
    BIGINT BIT BOOL BOOLEAN BOX BPCHAR BYTEA CHAR CIDR CIRCLE CITEXT DATE DATERANGE DATETIME DECIMAL \
    DOUBLE FLOAT GEOGRAPHY GEOMETRY HSTORE INET INT INT4RANGE INT8RANGE INTEGER JSON JSONB JSONPATH \
    LINE LSEG LTREE MACADDR MONEY NUMERIC NUMRANGE PATH POINT POLYGON PRECISION REAL REGCLASS \
    SMALLINT TEXT TIME TIMESTAMP TIMESTAMPTZ TIMETZ TSQUERY TSRANGE TSTZRANGE TSVECTOR UUID VARBIT \
    VARCHAR VARYING XML",
);

/// Behind these a sign belongs to the number that follows, sorted.
const BEFORE_SIGN: [&str; 31] = split(
    "\
    ALL AND BETWEEN BY CASE DEFAULT DISTINCT ELSE FROM HAVING IN INTERVAL IS LIKE LIMIT NOT OFFSET \
    ON OR RETURN RETURNING SELECT SET SKIP THEN TO TOP VALUES WHEN WHERE WITH",
);

/// Whether `word` is a keyword that may stand beside a literal.
pub(super) fn is_keyword(word: &str) -> bool {
    contains(&KEYWORDS, word)
}

/// Whether `word` is a type, so that a literal may follow.
pub(super) fn is_type(word: &str) -> bool {
    contains(&TYPES, word)
}

/// Whether a sign behind `word` is that of a number.
pub(super) fn precedes_sign(word: &str) -> bool {
    contains(&BEFORE_SIGN, word)
}

/// Cuts `list` at its spaces, when we are compiled.
const fn split<const COUNT: usize>(list: &'static str) -> [&'static str; COUNT] {
    let mut words = [""; COUNT];
    let (mut rest, mut at, mut index) = (list, 0, 0);
    while at < rest.len() {
        if rest.as_bytes()[at] == b' ' {
            (words[index], rest) = rest.split_at(at);
            rest = rest.split_at(1).1;
            (at, index) = (0, index + 1);
        } else {
            at += 1;
        }
    }
    words[index] = rest;
    words
}

fn contains(sorted: &[&str], word: &str) -> bool {
    let letters = word.bytes().map(|byte| byte.to_ascii_uppercase());
    sorted.binary_search_by(|known| known.bytes().cmp(letters.clone())).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_complete() {
        for list in [&KEYWORDS[..], &TYPES, &BEFORE_SIGN] {
            assert!(list.is_sorted());
            assert!(list.iter().all(|word| !word.is_empty()));
            assert!(list.iter().all(|word| contains(list, &word.to_ascii_lowercase())));
        }
        assert!(!is_keyword("canary") && !is_keyword("") && !is_type("dates"));
    }
}
