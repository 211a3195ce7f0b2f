"""Networks written as ONNX graphs, from a bundle's numbers alone: no torch.

``graph.py`` collects nodes and ``weights.py`` hands out arrays; ``cells.py``, ``characters.py``,
``poolings.py``, ``ngrams.py`` and ``heads.py`` write one part each, and ``network.py`` puts them
together as a recipe says. ``quantized.py`` makes the whole smaller.
"""
