//! The columns of a score table.

/// A column of a score table, but for the score itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Subject,
    Arm,
    Visit,
    VisitOrder,
    Days,
    Date,
    ReadOrder,
    ReadDate,
    Reader,
    Campaign,
    Reading,
    Blinded,
    Scheme,
    Side,
    Region,
    Site,
    Feature,
    Status,
    Reason,
}

pub(super) const FIELDS: [Field; 19] = [
    Field::Subject,
    Field::Arm,
    Field::Visit,
    Field::VisitOrder,
    Field::Days,
    Field::Date,
    Field::ReadOrder,
    Field::ReadDate,
    Field::Reader,
    Field::Campaign,
    Field::Reading,
    Field::Blinded,
    Field::Scheme,
    Field::Side,
    Field::Region,
    Field::Site,
    Field::Feature,
    Field::Status,
    Field::Reason,
];

impl Field {
    /// Its column's name in Howship's score tables.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Arm => "arm",
            Self::Visit => "visit",
            Self::VisitOrder => "visit_order",
            Self::Days => "days",
            Self::Date => "date",
            Self::ReadOrder => "read_order",
            Self::ReadDate => "read_date",
            Self::Reader => "reader",
            Self::Campaign => "campaign",
            Self::Reading => "reading",
            Self::Blinded => "sequence_blinded",
            Self::Scheme => "scheme",
            Self::Side => "side",
            Self::Region => "region",
            Self::Site => "site",
            Self::Feature => "feature",
            Self::Status => "status",
            Self::Reason => "reason",
        }
    }
}
