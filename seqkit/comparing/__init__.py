"""Fair comparisons: cells and tokenizers on a corpus, memory over distance, and gradients.

``comparison.py`` trains candidates of equal size or time and ``memory.py`` has them remember;
``gradients.py`` shows how far back a trained model's gradient reaches.
"""
