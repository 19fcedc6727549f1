//! Bones and erosions in volumes: periosteal envelope, cortical breaks, lesions tracked over visits, remodelling, and their errors.
