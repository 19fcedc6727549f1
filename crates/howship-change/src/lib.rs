//! The domain's nouns: measurement, change, verdict, site, visit, lesion, and the JSON schema of a result.
