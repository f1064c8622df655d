"""Names that rules cannot list: a Flair sequence tagger, trained here and run on ONNX Runtime."""
