"""What attention methods and enhancers see, as matplotlib figures."""
