"""When a child's record opens to staff: a visit near enough, an own case, or a reason that was typed."""
