"""Bundles: a trained model as one directory without pickle. No torch.

``manifest.py`` says what is inside, ``save.py`` writes one atomically, ``load.py`` finds and opens
one, ``migrations.py`` brings old ones up to date, ``card.py`` writes the model card.
"""
