"""Static pages to listen to: lines side by side with their takes, and two engines blindly."""
