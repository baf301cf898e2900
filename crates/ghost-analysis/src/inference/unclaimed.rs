//! Why nothing is claimed of a parameter or return value.

/// The reason, as a fragment that follows the name of what is left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unclaimed {
    /// It never held or returned anything while it was observed.
    #[error("nothing was seen")]
    NothingSeen,
    /// Fewer calls than asked for.
    #[error("only {count} of {wanted} calls were seen")]
    FewCalls {
        /// Calls seen.
        count: u64,
        /// `--min-calls`.
        wanted: u64,
    },
    /// Some of the types lie beyond a bound of the recording.
    #[error("more types than a recording keeps")]
    Overflow,
    /// More types than a union can be read with, and no base in common.
    #[error("{count} types without a base in common")]
    TooMany {
        /// How many.
        count: usize,
    },
    /// No annotation can name the type, nor any of its bases.
    #[error("no annotation can name `{label}`")]
    Unnameable {
        /// The type.
        label: String,
    },
    /// Nothing but `None` was seen, which is no type to ask for.
    #[error("only `None` was seen")]
    OnlyNone,
    /// Only mock objects were seen.
    #[error("only mock objects were seen")]
    OnlyMocks,
    /// The type of the default value is not plain from the source.
    #[error("the type of its default is not plain")]
    Default,
    /// The function assigns something to it that the seen types may not admit.
    #[error("it is assigned something else later")]
    Reassigned,
    /// The function may end without `return`, which type checkers want to be written out.
    #[error("it may end without `return`")]
    FallsOff,
    /// Only `None` was returned, but the source returns something else, too.
    #[error("only `None` was seen, but something else is returned, too")]
    ReturnsMore,
    /// The overloads before it say what it takes and returns.
    #[error("its overloads say it")]
    Overloaded,
    /// It returns a parameter that is annotated with more than was seen.
    #[error("it returns `{name}`, which is annotated")]
    ReturnsParameter {
        /// The parameter.
        name: String,
    },
    /// A method that it overrides, or that overrides it, is annotated already.
    #[error("`{by}` is annotated already")]
    Settled {
        /// The class whose method is annotated.
        by: String,
    },
    /// Frameworks change what they do by the annotations of what is decorated.
    #[error("its decorator may read annotations")]
    Decorated,
    /// It has annotations in comments.
    #[error("its annotations are in comments")]
    TypeComment,
    /// A type checker has its own idea of this method.
    #[error("`{method}` has a signature of its own")]
    Protocol {
        /// The method.
        method: String,
    },
}
