//! Known truth: joints with erosions rendered through a scanner, and lesions inserted into real scans.
