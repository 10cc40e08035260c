"""The Metronome integration, and the other products that deliver with Prequel."""
