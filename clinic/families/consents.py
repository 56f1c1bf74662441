"""The texts that guardians agree to, and their versions. The texts are pages of `home`."""

from clinic.families.models import ConsentKind

# Raise a version when its text changes: everybody is asked again.
VERSIONS = {
    ConsentKind.PRIVACY: "2026-11",
    ConsentKind.CHILDREN_UNDER_14: "2026-11",
}
