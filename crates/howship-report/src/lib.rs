//! Reports: verdict tables, figures, self-contained HTML, CSV.
