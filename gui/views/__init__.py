"""What is seen. One file a card: each shows one thing of the session and owns nothing."""
