"""Mail: letters are put down with what they tell of, and sent by a worker until they are sent."""
