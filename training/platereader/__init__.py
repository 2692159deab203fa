"""A reader of number plates, trained on drawn plates alone: how they are drawn, learned and exported.

`python -m platereader --help`, or `make train` (training/README.md). Nothing here is needed to run or test Sealgate.
"""
