"""Teams: activities read, cards drawn, what is pressed and said taken to the service."""
