"""The visit itself: questions, consent, doses given, observation and reactions."""
