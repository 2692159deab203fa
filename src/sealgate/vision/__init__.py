"""Pixels in, sightings out. All models run in ONNX Runtime, from files that were checked by sha256."""
