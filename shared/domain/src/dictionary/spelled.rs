//! Types that have a fixed spelling outside the project.

/// An enum whose variants have a fixed spelling outside the project.
macro_rules! spelled {
    ($(#[$about:meta])+ $name:ident { $($variant:ident = $text:literal,)+ }) => {
        $(#[$about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $(#[doc = concat!("`", $text, "`")] $variant,)+ }

        impl $name {
            /// The spelling outside the project.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

spelled! {
    /// The type a field has in the published list of names.
    DocumentType {
        String = "STRING", Integer = "INTEGER", Boolean = "BOOLEAN", Datetime = "DATETIME",
        Timestamp = "TIMESTAMP", Date = "DATE", Record = "RECORD",
    }
}

spelled! {
    /// Data Studio's `defaultAggregationType`: how a chart sums a field up unless told otherwise.
    Aggregation { None = "NONE", Sum = "SUM", Avg = "AVG", }
}

spelled! {
    /// Data Studio's `dataType`: dates travel as text, durations as numbers.
    DataType { String = "STRING", Number = "NUMBER", Boolean = "BOOLEAN", }
}

spelled! {
    /// Data Studio's `semanticType`, as far as the dictionary and the computed fields need it.
    ///
    /// Durations are seconds, percents fractions of one; weekdays count from 0, which is Sunday.
    Semantic {
        Text = "TEXT", Url = "URL", Number = "NUMBER", Percent = "PERCENT", Duration = "DURATION",
        Boolean = "BOOLEAN", YearMonthDaySecond = "YEAR_MONTH_DAY_SECOND", YearMonthDay = "YEAR_MONTH_DAY",
        YearWeek = "YEAR_WEEK", YearMonth = "YEAR_MONTH", Hour = "HOUR", DayOfWeek = "DAY_OF_WEEK",
    }
}

impl Semantic {
    /// The data type that values of this meaning travel in.
    pub const fn data_type(self) -> DataType {
        match self {
            Semantic::Number | Semantic::Percent | Semantic::Duration => DataType::Number,
            Semantic::Boolean => DataType::Boolean,
            _ => DataType::String,
        }
    }
}
