"""Training: batches, the loop, optimisers and schedules, checkpoints, observers."""
