"""What people work on, and with whom; each question has several sources in Graph."""
