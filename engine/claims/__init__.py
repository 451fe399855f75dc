"""What an experiment says will come out, and whether it did."""
